// SCIMTool on Azure Container Apps. docs/azure.md describes every parameter with its default and its cost.
targetScope = 'resourceGroup'

@description('Name of the container app: 2 to 32 lower-case letters, digits and hyphens, starting with a letter.')
@minLength(2)
@maxLength(32)
param appName string = 'scimtool'

@description('Region of all resources.')
param location string = resourceGroup().location

@description('Container image with its tag.')
param image string = 'ghcr.io/kayasax/scimtool:0.1.0'

@description('Bearer token for provisioning: paste it into "Secret token" in Entra ID.')
@secure()
@minLength(12)
param scimSecret string

@description('Secret for the page and the administration API. It must differ from scimSecret.')
@secure()
@minLength(12)
param adminSecret string

@description('Where the database is replicated to: a blob container (managed identity, no account keys), an Azure Files share (needs account keys), or nowhere.')
@allowed(['blob', 'files', 'none'])
param storage string = 'blob'

@description('Name of the storage account: 3 to 24 lower-case letters and digits, unique in all of Azure.')
@minLength(3)
@maxLength(24)
param storageAccountName string = '${take(toLower(replace(appName, '-', '')), 11)}${uniqueString(resourceGroup().id, appName)}'

@description('What an answer to a write waits for. docs/backup.md compares the three.')
@allowed(['semi-sync', 'async', 'sync'])
param durability string = 'semi-sync'

@description('postgres:// URL of an existing database, instead of SQLite; see docs/postgres.md.')
@secure()
param databaseUrl string = ''

@description('Create a PostgreSQL flexible server that only the identity of the app can use.')
param deployPostgres bool = false

@description('0 scales to zero after five idle minutes; 1 always keeps one replica.')
@allowed([0, 1])
param minReplicas int = 0

@description('Largest number of replicas with PostgreSQL. SQLite always has one.')
@minValue(1)
@maxValue(30)
param maxReplicas int = 3

@description('vCPU and memory of a replica. Its local disk grows with them: 1, 2 or 4 GiB.')
@allowed(['0.25', '0.5', '1.0'])
param cpu string = '0.5'

@description('Seconds between SIGTERM and SIGKILL, for the hand-over to the next revision.')
@minValue(30)
@maxValue(600)
param terminationGracePeriodSeconds int = 60

@description('Put the app into a virtual network and reach the storage account by a private endpoint only.')
param privateNetwork bool = false

@description('Address range of the virtual network.')
param addressPrefix string = '10.42.0.0/23'

@description('Keep console logs in a Log Analytics workspace.')
param logAnalytics bool = false

@description('Days that Log Analytics keeps logs.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Public address if you use your own domain, such as https://scim.example.com.')
param publicUrl string = ''

@description('Further environment variables: [{ name, value }] or [{ name, secretRef }].')
param extraEnvironment array = []

@description('Further secrets of the container app: { list: [{ name, value }] }.')
@secure()
param extraSecrets object = {}

param tags object = {}

var usesPostgres = deployPostgres || !empty(databaseUrl)
var storageKind = usesPostgres ? 'none' : storage
var commonTags = union({ app: appName, product: 'scimtool' }, tags)

module network 'modules/network.bicep' = if (privateNetwork) {
  name: '${appName}-network'
  params: {
    name: appName
    location: location
    addressPrefix: addressPrefix
    tags: commonTags
  }
}

module identity 'modules/identity.bicep' = {
  name: '${appName}-identity'
  params: {
    name: '${appName}-identity'
    location: location
    tags: commonTags
  }
}

module account 'modules/storage.bicep' = if (storageKind != 'none') {
  name: '${appName}-storage'
  params: {
    name: storageAccountName
    location: location
    kind: storageKind == 'files' ? 'files' : 'blob'
    principalId: identity.outputs.principalId
    subnetId: privateNetwork ? network!.outputs.endpointSubnetId : ''
    networkId: privateNetwork ? network!.outputs.id : ''
    tags: commonTags
  }
}

module postgres 'modules/postgres.bicep' = if (deployPostgres) {
  name: '${appName}-postgres'
  params: {
    name: '${appName}-${uniqueString(resourceGroup().id, appName)}'
    location: location
    identityName: '${appName}-identity'
    principalId: identity.outputs.principalId
    subnetId: privateNetwork ? network!.outputs.postgresSubnetId : ''
    networkId: privateNetwork ? network!.outputs.id : ''
    tags: commonTags
  }
}

module environment 'modules/environment.bicep' = {
  name: '${appName}-environment'
  params: {
    name: '${appName}-env'
    location: location
    subnetId: privateNetwork ? network!.outputs.appSubnetId : ''
    logAnalytics: logAnalytics
    logsName: '${appName}-logs'
    logRetentionDays: logRetentionDays
    shareAccountName: storageKind == 'files' ? account!.outputs.accountName : ''
    tags: commonTags
  }
}

module app 'modules/app.bicep' = {
  name: '${appName}-app'
  params: {
    name: appName
    location: location
    environmentId: environment.outputs.id
    publicUrl: empty(publicUrl) ? 'https://${appName}.${environment.outputs.defaultDomain}' : publicUrl
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    image: image
    scimSecret: scimSecret
    adminSecret: adminSecret
    databaseUrl: deployPostgres ? postgres!.outputs.url : databaseUrl
    usesPostgres: usesPostgres
    // The account's output exists only after its role assignment, so the app never starts without the role.
    backupTarget: storageKind == 'blob' ? account!.outputs.containerUrl : storageKind == 'files' ? '/backup' : ''
    shareStorageName: storageKind == 'files' ? environment.outputs.shareStorageName : ''
    durability: durability
    minReplicas: minReplicas
    maxReplicas: usesPostgres ? maxReplicas : 1
    cpu: cpu
    terminationGracePeriodSeconds: terminationGracePeriodSeconds
    extraEnvironment: extraEnvironment
    extraSecrets: extraSecrets
    tags: commonTags
  }
}

output pageUrl string = app.outputs.url
output scimUrl string = '${app.outputs.url}/scim/v2'
output storageAccountName string = storageKind == 'none' ? '' : storageAccountName
output revisionName string = app.outputs.revisionName
