// A burstable PostgreSQL flexible server with one database.
param name string
param location string
@secure()
param password string
@description('Delegated subnet; empty allows connections from Azure services.')
param subnetId string
param networkId string
param tags object

var isPrivate = !empty(subnetId)

resource zone 'Microsoft.Network/privateDnsZones@2020-06-01' = if (isPrivate) {
  name: '${name}.private.postgres.database.azure.com'
  location: 'global'
  tags: tags

  resource link 'virtualNetworkLinks' = {
    name: '${name}-link'
    location: 'global'
    properties: { virtualNetwork: { id: networkId }, registrationEnabled: false }
  }
}

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2024-08-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: 'Standard_B1ms', tier: 'Burstable' }
  properties: {
    version: '17'
    administratorLogin: 'scimtool'
    administratorLoginPassword: password
    storage: { storageSizeGB: 32, autoGrow: 'Enabled' }
    backup: { backupRetentionDays: 7, geoRedundantBackup: 'Disabled' }
    highAvailability: { mode: 'Disabled' }
    network: isPrivate ? { delegatedSubnetResourceId: subnetId, privateDnsZoneArmResourceId: zone.id } : null
  }
  dependsOn: [zone::link]

  resource database 'databases' = {
    name: 'scimtool'
  }

  // 0.0.0.0 stands for "Azure services", which includes the app.
  resource rule 'firewallRules' = if (!isPrivate) {
    name: 'azure-services'
    properties: { startIpAddress: '0.0.0.0', endIpAddress: '0.0.0.0' }
  }
}

output host string = server.properties.fullyQualifiedDomainName
