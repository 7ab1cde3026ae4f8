// A burstable PostgreSQL flexible server with one database. Only the app's identity may sign in; there is no password.
param name string
param location string
param identityName string
param principalId string
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
    authConfig: { activeDirectoryAuth: 'Enabled', passwordAuth: 'Disabled', tenantId: subscription().tenantId }
    storage: { storageSizeGB: 32, autoGrow: 'Enabled' }
    backup: { backupRetentionDays: 7, geoRedundantBackup: 'Disabled' }
    highAvailability: { mode: 'Disabled' }
    network: isPrivate ? { delegatedSubnetResourceId: subnetId, privateDnsZoneArmResourceId: zone.id } : null
  }
  dependsOn: [zone::link]

  // 0.0.0.0 stands for "Azure services", which includes the app.
  resource rule 'firewallRules' = if (!isPrivate) {
    name: 'azure-services'
    properties: { startIpAddress: '0.0.0.0', endIpAddress: '0.0.0.0' }
  }

  // The server accepts one change at a time.
  resource administrator 'administrators' = {
    name: principalId
    properties: { principalName: identityName, principalType: 'ServicePrincipal', tenantId: subscription().tenantId }
    dependsOn: [rule]
  }

  // The administrator becomes the owner. Before there is one, it would be a user of Azure, and the app could not create
  // tables.
  resource database 'databases' = {
    name: 'scimtool'
    dependsOn: [administrator]
  }
}

output url string = 'postgres://${identityName}@${server.properties.fullyQualifiedDomainName}/scimtool?sslmode=verify-full&auth=entra'
