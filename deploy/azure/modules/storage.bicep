// The storage account with the backup target: a blob container that the identity may write to, or a file share.
param name string
param location string
@allowed(['blob', 'files'])
param kind string
param principalId string
@description('Subnet for a private endpoint; empty leaves the account reachable from the internet.')
param subnetId string
param networkId string
param tags object

var blobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
var isPrivate = !empty(subnetId)
var service = kind == 'blob' ? 'blob' : 'file'

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    accessTier: 'Hot'
    // Container Apps mounts a share by the account's key; a blob container needs none.
    allowSharedKeyAccess: kind == 'files'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: { defaultAction: isPrivate ? 'Deny' : 'Allow', bypass: 'None' }
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = if (kind == 'blob') {
  parent: account
  name: 'default'
  properties: {
    // A deleted container comes back; deleted blobs do not: the replica deletes what it has merged, all day.
    containerDeleteRetentionPolicy: { enabled: true, days: 7 }
    deleteRetentionPolicy: { enabled: false }
  }
}

resource container 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = if (kind == 'blob') {
  parent: blobs
  name: 'scimtool'
  properties: { publicAccess: 'None' }
}

resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (kind == 'blob') {
  scope: container
  name: guid(container.id, principalId, blobDataContributor)
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataContributor)
  }
}

resource files 'Microsoft.Storage/storageAccounts/fileServices@2023-05-01' = if (kind == 'files') {
  parent: account
  name: 'default'
  properties: { shareDeleteRetentionPolicy: { enabled: true, days: 7 } }
}

resource share 'Microsoft.Storage/storageAccounts/fileServices/shares@2023-05-01' = if (kind == 'files') {
  parent: files
  name: 'scimtool'
  properties: { shareQuota: 16, accessTier: 'TransactionOptimized' }
}

resource zone 'Microsoft.Network/privateDnsZones@2020-06-01' = if (isPrivate) {
  name: 'privatelink.${service}.${az.environment().suffixes.storage}'
  location: 'global'
  tags: tags

  resource link 'virtualNetworkLinks' = {
    name: '${name}-link'
    location: 'global'
    properties: { virtualNetwork: { id: networkId }, registrationEnabled: false }
  }
}

resource endpoint 'Microsoft.Network/privateEndpoints@2024-05-01' = if (isPrivate) {
  name: '${name}-endpoint'
  location: location
  tags: tags
  properties: {
    subnet: { id: subnetId }
    privateLinkServiceConnections: [
      { name: service, properties: { privateLinkServiceId: account.id, groupIds: [service] } }
    ]
  }

  resource dns 'privateDnsZoneGroups' = {
    name: 'default'
    properties: { privateDnsZoneConfigs: [{ name: service, properties: { privateDnsZoneId: zone.id } }] }
    dependsOn: [zone::link]
  }
}

output accountName string = account.name
output containerUrl string = kind == 'blob' ? 'https://${account.name}.blob.${az.environment().suffixes.storage}/scimtool' : ''
