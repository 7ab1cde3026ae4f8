// The container app: one container, its database on an EmptyDir volume.
param name string
param location string
param environmentId string
param publicUrl string
param identityId string
param identityClientId string
param image string
@secure()
param scimSecret string
@secure()
param adminSecret string
@secure()
param databaseUrl string
param usesPostgres bool
@description('BACKUP_TARGET; empty for none.')
param backupTarget string
@description('Storage of the environment that is mounted at /backup; empty for none.')
param shareStorageName string
param durability string
param minReplicas int
param maxReplicas int
param cpu string
param terminationGracePeriodSeconds int
param extraEnvironment array
@secure()
param extraSecrets object
param tags object

var memory = { '0.25': '0.5Gi', '0.5': '1Gi', '1.0': '2Gi' }
var mountsShare = !empty(shareStorageName)

var environmentVariables = concat(
  [
    { name: 'HOST', value: '0.0.0.0' }
    { name: 'PORT', value: '8080' }
    { name: 'DATA_DIR', value: '/data' }
    { name: 'PUBLIC_URL', value: publicUrl }
    { name: 'SCIM_SHARED_SECRET', secretRef: 'scim-shared-secret' }
    { name: 'ADMIN_SECRET', secretRef: 'admin-secret' }
    { name: 'AZURE_CLIENT_ID', value: identityClientId }
  ],
  usesPostgres ? [{ name: 'DATABASE_URL', secretRef: 'database-url' }] : [],
  empty(backupTarget)
    ? []
    : [
        { name: 'BACKUP_TARGET', value: backupTarget }
        { name: 'BACKUP_DURABILITY', value: durability }
      ],
  extraEnvironment
)

resource app 'Microsoft.App/containerApps@2024-03-01' = {
  name: name
  location: location
  tags: tags
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identityId}': {} } }
  properties: {
    environmentId: environmentId
    workloadProfileName: 'Consumption'
    configuration: {
      // The next revision must be ready before the current one gets SIGTERM; the servers hand over between themselves.
      activeRevisionsMode: 'Single'
      maxInactiveRevisions: 10
      ingress: { external: true, targetPort: 8080, transport: 'auto', allowInsecure: false }
      secrets: concat(
        [
          { name: 'scim-shared-secret', value: scimSecret }
          { name: 'admin-secret', value: adminSecret }
        ],
        usesPostgres ? [{ name: 'database-url', value: databaseUrl }] : [],
        extraSecrets.?list ?? []
      )
    }
    template: {
      terminationGracePeriodSeconds: terminationGracePeriodSeconds
      containers: [
        {
          name: 'scimtool'
          image: image
          resources: { cpu: json(cpu), memory: memory[cpu] }
          env: environmentVariables
          volumeMounts: concat(
            [{ volumeName: 'data', mountPath: '/data' }],
            mountsShare ? [{ volumeName: 'backup', mountPath: '/backup' }] : []
          )
          // No Startup probe: the platform's own checks the port each second for 240 seconds, enough for a restore.
          probes: [
            {
              type: 'Liveness'
              httpGet: { path: '/healthz', port: 8080 }
              periodSeconds: 10
              timeoutSeconds: 5
              failureThreshold: 6
            }
            {
              type: 'Readiness'
              httpGet: { path: '/readyz', port: 8080 }
              periodSeconds: 2
              timeoutSeconds: 2
              failureThreshold: 3
            }
          ]
        }
      ]
      scale: {
        minReplicas: minReplicas
        maxReplicas: maxReplicas
        rules: [{ name: 'http', http: { metadata: { concurrentRequests: '50' } } }]
      }
      volumes: concat(
        [{ name: 'data', storageType: 'EmptyDir' }],
        mountsShare
          ? [
              {
                name: 'backup'
                storageType: 'AzureFile'
                storageName: shareStorageName
                // The image runs as the user node (1000).
                mountOptions: 'uid=1000,gid=1000,dir_mode=0700,file_mode=0600,nobrl,cache=none'
              }
            ]
          : []
      )
    }
  }
}

output url string = 'https://${app.properties.configuration.ingress.fqdn}'
output revisionName string = app.properties.latestRevisionName
