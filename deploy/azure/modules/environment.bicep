// The Container Apps environment, optionally with Log Analytics, a subnet, and a mounted file share.
param name string
param location string
param subnetId string
param logAnalytics bool
param logsName string
param logRetentionDays int
@description('Storage account of the file share to mount; empty for none.')
param shareAccountName string
param tags object

var mountsShare = !empty(shareAccountName)

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = if (logAnalytics) {
  name: logsName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: logRetentionDays
    // Stops a runaway log from costing more than about 1 USD a day.
    workspaceCapping: { dailyQuotaGb: json('0.5') }
  }
}

resource environment 'Microsoft.App/managedEnvironments@2024-03-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    workloadProfiles: [{ name: 'Consumption', workloadProfileType: 'Consumption' }]
    vnetConfiguration: empty(subnetId) ? null : { infrastructureSubnetId: subnetId, internal: false }
    appLogsConfiguration: logAnalytics
      ? {
          destination: 'log-analytics'
          logAnalyticsConfiguration: {
            customerId: logs!.properties.customerId
            sharedKey: logs!.listKeys().primarySharedKey
          }
        }
      : null
  }
}

resource account 'Microsoft.Storage/storageAccounts@2023-05-01' existing = if (mountsShare) {
  name: mountsShare ? shareAccountName : 'none'
}

resource mount 'Microsoft.App/managedEnvironments/storages@2024-03-01' = if (mountsShare) {
  parent: environment
  name: 'backup'
  properties: {
    azureFile: {
      accountName: shareAccountName
      accountKey: mountsShare ? account!.listKeys().keys[0].value : ''
      shareName: 'scimtool'
      accessMode: 'ReadWrite'
    }
  }
}

output id string = environment.id
output defaultDomain string = environment.properties.defaultDomain
output shareStorageName string = mountsShare ? mount.name : ''
