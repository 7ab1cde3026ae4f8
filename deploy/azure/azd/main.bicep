// For `azd up`: a resource group with everything in it.
targetScope = 'subscription'

@minLength(1)
param environmentName string
param location string
@secure()
param scimSecret string
@secure()
param adminSecret string
param appName string = 'scimtool'
@allowed([0, 1])
param minReplicas int = 0

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: { 'azd-env-name': environmentName }
}

module scimtool '../main.bicep' = {
  scope: group
  name: 'scimtool'
  params: {
    appName: appName
    location: location
    scimSecret: scimSecret
    adminSecret: adminSecret
    minReplicas: minReplicas
    tags: { 'azd-env-name': environmentName }
  }
}

output PAGE_URL string = scimtool.outputs.pageUrl
output SCIM_URL string = scimtool.outputs.scimUrl
