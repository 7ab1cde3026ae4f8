#Requires -Version 5.1
<#
.SYNOPSIS
Deploys SCIMTool to Azure Container Apps, or updates what is there.

.DESCRIPTION
Needs the Azure CLI (az) and nothing else. Without parameters it asks. It shows a plan and asks before it changes
anything. Run it again to change settings or after a failure: it keeps secrets, environment variables and data.

.EXAMPLE
.\deploy-azure.ps1 -ResourceGroup scim-rg -AppName scimtool -Location westeurope -ImageTag 0.1.0

.EXAMPLE
irm https://raw.githubusercontent.com/kayasax/SCIMTool/main/scripts/deploy-azure.ps1 | iex
#>
param(
    # Resource group; it is created if there is none.
    [string]$ResourceGroup,
    # Name of the container app, and the first part of its URL.
    [string]$AppName,
    # Azure region, such as westeurope. Default: the region of the resource group.
    [string]$Location,
    # Bearer token for provisioning. Default: the one in use, or a new random one.
    [string]$ScimSecret,
    # Version of SCIMTool. Default: the one in use, or the latest that this script knows.
    [string]$ImageTag,
    # Keeps the database in a blob container. -EnablePersistentStorage:$false loses it with every restart.
    [switch]$EnablePersistentStorage = $true,
    # postgres:// URL of an existing database, instead of SQLite.
    [string]$DatabaseUrl,
    # 0 scales to zero when idle, 1 always keeps one replica. Default: as it is, or 0.
    [ValidateSet('', '0', '1')]
    [string]$MinReplicas = '',
    # Shows the plan and changes nothing.
    [switch]$WhatIf,
    # Does not ask before changing anything.
    [switch]$Yes
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

$ImageRepository = 'ghcr.io/kayasax/scimtool'
$DefaultImageTag = '0.1.0'
$TemplateUrl = 'https://raw.githubusercontent.com/kayasax/SCIMTool/main/deploy/azure/azuredeploy.json'
$Providers = @('Microsoft.App', 'Microsoft.Storage', 'Microsoft.ManagedIdentity')

# Decisions of this run. Functions see it wherever the script runs: from a file, as a one-liner, in a function.
$Run = @{
    ResourceGroup = $ResourceGroup; AppName = $AppName; Location = $Location; ScimSecret = $ScimSecret
    Group = $null; NewSecrets = [ordered]@{}
}

# Variables and secrets that the template sets itself; all others of an existing app are kept as they are.
$TemplateVariables = @('HOST', 'PORT', 'DATA_DIR', 'PUBLIC_URL', 'SCIM_SHARED_SECRET', 'ADMIN_SECRET',
    'AZURE_CLIENT_ID', 'DATABASE_URL', 'BACKUP_TARGET', 'BACKUP_DURABILITY')
$TemplateSecrets = @('scim-shared-secret', 'admin-secret', 'database-url')

# List prices in USD a month, East US. docs/azure.md explains them.
$Prices = @{ AlwaysOn = 10; Storage = 1; PrivateNetwork = 8 }

function Invoke-Az {
    # Runs az. Returns its JSON as objects, or $null for "not found" with -AllowMissing. Throws what az says.
    param([string[]]$Arguments, [switch]$AllowMissing)
    $errorFile = [IO.Path]::GetTempFileName()
    # Windows PowerShell turns every line on standard error into an error of its own.
    $ErrorActionPreference = 'Continue'
    try {
        $output = & az @Arguments --only-show-errors --output json 2> $errorFile
        $code = $LASTEXITCODE
        $message = "$(Get-Content -Raw -Path $errorFile)".Trim()
    }
    finally { Remove-Item -Path $errorFile -Force }
    if ($code -eq 0) {
        $text = ($output | Out-String).Trim()
        if ($text -eq '') { return $null }
        # Windows PowerShell hands an array on as one object; the pipeline takes it apart.
        return ($text | ConvertFrom-Json) | ForEach-Object { $_ }
    }
    if ($AllowMissing -and ($code -eq 3 -or $message -match 'NotFound|could not be found')) { return $null }
    # The lines that follow repeat it in parts.
    $first = ($message -split '\r?\n(Code|Message):')[0]
    throw ($first -replace '^ERROR:\s*', '')
}

function Get-Member-Value {
    # A property that may be absent; strict mode would stop at it.
    param($Object, [string]$Name)
    if ($null -eq $Object) { return $null }
    $property = $Object.PSObject.Properties[$Name]
    if ($null -eq $property) { return $null }
    return $property.Value
}

function Test-AppName {
    # Returns the rule that a name breaks, or nothing.
    param([string]$Name)
    if ($Name.Length -lt 2) { return 'it has fewer than 2 characters' }
    if ($Name.Length -gt 32) { return "it has $($Name.Length) characters; 32 are allowed" }
    if ($Name -cmatch '[A-Z]') { return 'it has capital letters' }
    if ($Name -cmatch '[^a-z0-9-]') { return "it contains '$($Matches[0])'; only a-z, 0-9 and hyphens are allowed" }
    if ($Name -cnotmatch '^[a-z]') { return 'it does not start with a letter' }
    if ($Name -cmatch '-$') { return 'it ends with a hyphen' }
    if ($Name -cmatch '--') { return 'it contains two hyphens in a row' }
}

function Get-ValidAppName {
    param([string]$Name)
    $valid = ($Name.ToLowerInvariant() -creplace '[^a-z0-9]+', '-') -creplace '^[^a-z]+', ''
    if ($valid.Length -gt 32) { $valid = $valid.Substring(0, 32) }
    $valid = $valid.Trim('-')
    if ($valid.Length -lt 2) { return 'scimtool' }
    return $valid
}

function Get-StorageAccountName {
    # From app and group, always the same for both; the hash makes it unique across groups and subscriptions.
    param([string]$App, [string]$Group, [string]$Subscription, [int]$Attempt = 1)
    $key = "$Subscription/$Group/$App".ToLowerInvariant()
    if ($Attempt -gt 1) { $key = "$key/$Attempt" }
    $sha = [Security.Cryptography.SHA256]::Create()
    try { $bytes = $sha.ComputeHash([Text.Encoding]::UTF8.GetBytes($key)) }
    finally { $sha.Dispose() }
    $hash = ([BitConverter]::ToString($bytes) -replace '-', '').ToLowerInvariant().Substring(0, 13)
    $start = $App.ToLowerInvariant() -creplace '[^a-z0-9]', ''
    if ($start.Length -gt 11) { $start = $start.Substring(0, 11) }
    return "$start$hash"
}

function New-Secret {
    $bytes = New-Object byte[] 32
    $random = [Security.Cryptography.RandomNumberGenerator]::Create()
    try { $random.GetBytes($bytes) }
    finally { $random.Dispose() }
    return [Convert]::ToBase64String($bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_')
}

function Read-Answer {
    param([string]$Question, [string]$Default)
    $answer = Read-Host "$Question [$Default]"
    if ([string]::IsNullOrWhiteSpace($answer)) { return $Default }
    return $answer.Trim()
}

function Get-Signed-In {
    if ($null -eq (Get-Command az -ErrorAction SilentlyContinue)) {
        throw 'The Azure CLI (az) is not installed. Install it from https://aka.ms/azure-cli, or use Cloud Shell: https://shell.azure.com'
    }
    try { return Invoke-Az @('account', 'show') }
    catch { throw "Not signed in to Azure. Run: az login`n(az said: $($_.Exception.Message))" }
}

function Read-Choices {
    # Completes the parameters; asks for missing ones.
    $asks = -not $Yes -and -not $Run.ResourceGroup
    if (-not $Run.ResourceGroup) {
        if ($Yes) { throw 'With -Yes, -ResourceGroup is required.' }
        $groups = @(Invoke-Az @('group', 'list'))
        if ($groups.Count -gt 0) {
            Write-Host 'Resource groups that exist:'
            foreach ($group in $groups) { Write-Host "  $($group.name) ($($group.location))" }
        }
        $Run.ResourceGroup = Read-Answer 'Resource group' 'scimtool-rg'
    }
    $rule = $null
    if ($Run.ResourceGroup -notmatch '^[-\w._()]{1,90}$') { $rule = 'only letters, digits, and -._() are allowed, at most 90 characters' }
    elseif ($Run.ResourceGroup -match '\.$') { $rule = 'it ends with a full stop' }
    if ($rule) { throw "The resource group name '$($Run.ResourceGroup)' is not valid: $rule." }
    $Run.Group = Invoke-Az @('group', 'show', '--name', $Run.ResourceGroup) -AllowMissing

    if (-not $Run.AppName) {
        $default = 'scimtool'
        if ($null -ne $Run.Group) {
            $apps = @(Invoke-Az @('containerapp', 'list', '--resource-group', $Run.ResourceGroup))
            if ($apps.Count -gt 0 -and $null -ne $apps[0]) {
                Write-Host 'Container apps in this group:'
                foreach ($app in $apps) { Write-Host "  $($app.name)" }
                $default = $apps[0].name
            }
        }
        if ($asks) { $Run.AppName = Read-Answer 'Name of the app' $default } else { $Run.AppName = $default }
    }
    $rule = Test-AppName $Run.AppName
    if ($rule) {
        throw "The app name '$($Run.AppName)' is not valid: $rule. A valid name would be: $(Get-ValidAppName $Run.AppName)"
    }
    if (-not $Run.Location) {
        if ($null -ne $Run.Group) { $Run.Location = $Run.Group.location }
        elseif ($asks) { $Run.Location = Read-Answer 'Region' 'westeurope' }
        else { $Run.Location = 'westeurope' }
    }
    if ($Run.ScimSecret -and $Run.ScimSecret -cnotmatch '^[!-~]{12,}$') {
        throw 'The SCIM secret is not valid: it needs at least 12 visible ASCII characters and no blanks.'
    }
}

function Get-Existing {
    # What exists from an earlier run, as parameters of the template; an empty table if nothing does.
    $existing = @{ Parameters = @{}; IsUpdate = $false; AccountNames = @() }
    if ($null -eq $Run.Group) { return $existing }
    $resources = @(Invoke-Az @('resource', 'list', '--resource-group', $Run.ResourceGroup))
    $existing.AccountNames = @($resources | Where-Object { $_ -and $_.type -eq 'Microsoft.Storage/storageAccounts' } | ForEach-Object { $_.name })
    $names = @($resources | Where-Object { $_ } | ForEach-Object { "$($_.type)/$($_.name)" })
    if ($names -contains "Microsoft.Network/virtualNetworks/$($Run.AppName)-vnet") { $existing.Parameters.privateNetwork = $true }
    if ($names -contains "Microsoft.OperationalInsights/workspaces/$($Run.AppName)-logs") { $existing.Parameters.logAnalytics = $true }

    $app = Invoke-Az @('containerapp', 'show', '--resource-group', $Run.ResourceGroup, '--name', $Run.AppName) -AllowMissing
    if ($null -eq $app) { return $existing }
    if ((Get-Member-Value $app.tags 'product') -ne 'scimtool') {
        throw ("The container app '$($Run.AppName)' was not deployed by this script: it belongs to an earlier version or to somebody else. " +
            "Choose another name, such as -AppName $(Get-ValidAppName "$($Run.AppName)-2"). To import its data, see docs/upgrade.md.")
    }
    $existing.IsUpdate = $true
    $container = $app.properties.template.containers[0]
    $scale = $app.properties.template.scale
    $parameters = $existing.Parameters
    $parameters.image = $container.image
    $parameters.minReplicas = [int](Get-Member-Value $scale 'minReplicas')
    $parameters.cpu = ([double]$container.resources.cpu).ToString('0.0#', [Globalization.CultureInfo]::InvariantCulture)
    $grace = Get-Member-Value $app.properties.template 'terminationGracePeriodSeconds'
    if ($grace) { $parameters.terminationGracePeriodSeconds = [int]$grace }

    $secrets = @{}
    foreach ($secret in @(Invoke-Az @('containerapp', 'secret', 'list', '--resource-group', $Run.ResourceGroup, '--name', $Run.AppName, '--show-values'))) {
        if ($secret) { $secrets[$secret.name] = $secret.value }
    }
    if ($secrets.ContainsKey('scim-shared-secret')) { $parameters.scimSecret = $secrets['scim-shared-secret'] }
    if ($secrets.ContainsKey('admin-secret')) { $parameters.adminSecret = $secrets['admin-secret'] }
    if ($secrets.ContainsKey('database-url')) {
        $parameters.databaseUrl = $secrets['database-url']
        $parameters.maxReplicas = [int]$scale.maxReplicas
    }
    $others = @($secrets.Keys | Where-Object { $TemplateSecrets -notcontains $_ } | Sort-Object |
            ForEach-Object { @{ name = $_; value = $secrets[$_] } })
    $parameters.extraSecrets = @{ list = $others }

    $variables = @()
    foreach ($variable in @($container.env)) {
        $value = Get-Member-Value $variable 'value'
        switch ($variable.name) {
            'BACKUP_DURABILITY' { $parameters.durability = $value }
            'PUBLIC_URL' { if ($value -ne "https://$($app.properties.configuration.ingress.fqdn)") { $parameters.publicUrl = $value } }
            'BACKUP_TARGET' {
                if ($value -match '^https://([a-z0-9]+)\.blob\.') { $parameters.storage = 'blob'; $parameters.storageAccountName = $Matches[1] }
                else {
                    $parameters.storage = 'files'
                    if ($existing.AccountNames.Count -eq 1) { $parameters.storageAccountName = $existing.AccountNames[0] }
                }
            }
        }
        if ($TemplateVariables -contains $variable.name) { continue }
        $reference = Get-Member-Value $variable 'secretRef'
        if ($reference) { $variables += @{ name = $variable.name; secretRef = $reference } }
        else { $variables += @{ name = $variable.name; value = [string]$value } }
    }
    $parameters.extraEnvironment = $variables
    if (-not $parameters.ContainsKey('storage')) { $parameters.storage = 'none' }
    return $existing
}

function Get-FreeStorageName {
    param($Existing, [string]$Subscription)
    foreach ($attempt in 1..5) {
        $name = Get-StorageAccountName $Run.AppName $Run.ResourceGroup $Subscription $attempt
        # Left by a run that failed half-way: it is ours.
        if ($Existing.AccountNames -contains $name) { return $name }
        $answer = Invoke-Az @('storage', 'account', 'check-name', '--name', $name)
        if ($answer.nameAvailable) { return $name }
        Write-Host "The storage account name $name is taken elsewhere in Azure; trying another."
    }
    throw 'No storage account name is free. Choose another app name.'
}

function Get-Parameters {
    # All parameters of the deployment: what exists, changed by what was asked for.
    param($Existing, [string]$Subscription)
    $parameters = $Existing.Parameters
    $parameters.appName = $Run.AppName
    $parameters.location = $Run.Location
    if ($Run.ScimSecret) {
        if ($parameters['scimSecret'] -cne $Run.ScimSecret) { $Run.NewSecrets['SCIM secret'] = $Run.ScimSecret }
        $parameters.scimSecret = $Run.ScimSecret
    }
    elseif (-not $parameters['scimSecret']) {
        $parameters.scimSecret = New-Secret
        $Run.NewSecrets['SCIM secret'] = $parameters.scimSecret
    }
    if (-not $parameters['adminSecret']) {
        $parameters.adminSecret = New-Secret
        $Run.NewSecrets['Admin secret'] = $parameters.adminSecret
    }
    if ($parameters.scimSecret -ceq $parameters.adminSecret) { throw 'The SCIM secret is the same as the admin secret. Choose another -ScimSecret.' }
    if ($ImageTag) { $parameters.image = "${ImageRepository}:$ImageTag" }
    elseif (-not $parameters['image']) { $parameters.image = "${ImageRepository}:$DefaultImageTag" }
    if ($MinReplicas -ne '') { $parameters.minReplicas = [int]$MinReplicas }
    elseif (-not $parameters.ContainsKey('minReplicas')) { $parameters.minReplicas = 0 }
    if ($DatabaseUrl) {
        if ($DatabaseUrl -notmatch '^postgres(ql)?://') { throw '-DatabaseUrl has to begin with postgres://' }
        $parameters.databaseUrl = $DatabaseUrl
    }
    if ($parameters['databaseUrl']) { $parameters.storage = 'none' }
    elseif (-not $EnablePersistentStorage) { $parameters.storage = 'none' }
    elseif (-not $parameters['storage'] -or $parameters.storage -eq 'none') { $parameters.storage = 'blob' }
    if ($parameters.storage -ne 'none' -and -not $parameters['storageAccountName']) {
        $parameters.storageAccountName = Get-FreeStorageName $Existing $Subscription
    }
    return $parameters
}

function Write-Plan {
    param($Parameters, $Existing, $Account)
    $verb = 'create'
    if ($Existing.IsUpdate) { $verb = 'update' }
    $group = 'exists'
    if ($null -eq $Run.Group) { $group = 'create' }
    $storage = switch ($Parameters.storage) {
        'blob' { "blob container in the storage account $($Parameters.storageAccountName), without account keys" }
        'files' { "Azure Files share in the storage account $($Parameters.storageAccountName)" }
        'none' { if ($Parameters['databaseUrl']) { 'PostgreSQL (DATABASE_URL)' } else { 'NONE: the database is lost with every restart' } }
    }
    $replicas = 'scales to zero when idle; the first request then takes some seconds'
    if ($Parameters.minReplicas -eq 1) { $replicas = 'one replica always runs' }
    $scim = 'kept'
    if ($Run.NewSecrets.Contains('SCIM secret')) { $scim = 'new' }
    Write-Host ''
    Write-Host 'Plan'
    Write-Host "  Subscription    $($Account.name)"
    Write-Host "  Resource group  $($Run.ResourceGroup) ($group)"
    Write-Host "  Region          $($Parameters.location)"
    Write-Host "  Container app   $($Run.AppName) ($verb)"
    Write-Host "  Image           $($Parameters.image)"
    Write-Host "  Database kept   $storage"
    Write-Host "  Replicas        $replicas"
    Write-Host "  SCIM secret     $scim"
    if ($Existing.IsUpdate) {
        $kept = @($Parameters.extraEnvironment | Where-Object { $_ } | ForEach-Object { $_.name })
        if ($kept.Count -gt 0) { Write-Host "  Kept variables  $($kept -join ', ')" }
    }
    Write-Host "  Cost            $(Get-CostText $Parameters)"
    Write-Host ''
}

function Get-CostText {
    param($Parameters)
    $sum = 0
    $parts = @()
    if ($Parameters.minReplicas -eq 1) { $sum += $Prices.AlwaysOn; $parts += "one idle replica $($Prices.AlwaysOn)" }
    else { $parts += 'replica 0 within the free grant' }
    if ($Parameters.storage -ne 'none') { $sum += $Prices.Storage; $parts += "storage $($Prices.Storage)" }
    if ($Parameters['privateNetwork']) { $sum += $Prices.PrivateNetwork; $parts += "private network $($Prices.PrivateNetwork)" }
    $text = "about $sum USD a month ($($parts -join ', '))"
    if ($Parameters['logAnalytics']) { $text += ', logs 2.76 per GB' }
    if ($Parameters['databaseUrl']) { $text += ', and the PostgreSQL server' }
    return $text
}

function Register-Providers {
    foreach ($provider in $Providers) {
        $state = (Invoke-Az @('provider', 'show', '--namespace', $provider)).registrationState
        if ($state -eq 'Registered') { continue }
        Write-Host "Registering $provider (once per subscription) ..."
        Invoke-Az @('provider', 'register', '--namespace', $provider) | Out-Null
        foreach ($i in 1..60) {
            $state = (Invoke-Az @('provider', 'show', '--namespace', $provider)).registrationState
            if ($state -eq 'Registered') { break }
            Start-Sleep -Seconds 5
        }
        if ($state -ne 'Registered') { throw "$provider is still not registered. Run this again in some minutes." }
    }
}

function Get-TemplateFile {
    if ($PSScriptRoot) {
        $file = Join-Path (Join-Path (Split-Path $PSScriptRoot) 'deploy') (Join-Path 'azure' 'azuredeploy.json')
        if (Test-Path $file) { return $file }
    }
    $file = Join-Path ([IO.Path]::GetTempPath()) 'scimtool-azuredeploy.json'
    # Windows PowerShell would start with TLS 1.0.
    [Net.ServicePointManager]::SecurityProtocol = [Net.ServicePointManager]::SecurityProtocol -bor [Net.SecurityProtocolType]::Tls12
    Invoke-WebRequest -UseBasicParsing -Uri $TemplateUrl -OutFile $file
    return $file
}

function Write-ParameterFile {
    # Secrets go by a file that only this user can read: command lines are visible to others and mangle characters.
    param($Parameters)
    $wrapped = @{}
    foreach ($name in $Parameters.Keys) { $wrapped[$name] = @{ value = $Parameters[$name] } }
    $json = @{
        '$schema' = 'https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#'
        contentVersion = '1.0.0.0'
        parameters = $wrapped
    } | ConvertTo-Json -Depth 10
    # GetTempFileName makes it readable for its owner only.
    $file = [IO.Path]::GetTempFileName()
    [IO.File]::WriteAllText($file, $json, (New-Object Text.UTF8Encoding $false))
    return $file
}

function Get-Failures {
    # What failed at the bottom of nested deployments, as "resource: message".
    param([string]$Deployment)
    foreach ($operation in @(Invoke-Az @('deployment', 'operation', 'group', 'list', '--resource-group', $Run.ResourceGroup, '--name', $Deployment))) {
        if (-not $operation -or $operation.properties.provisioningState -ne 'Failed') { continue }
        $target = $operation.properties.targetResource
        if ($target.resourceType -eq 'Microsoft.Resources/deployments') { Get-Failures $target.resourceName }
        else { "$($target.resourceName): $($operation.properties.statusMessage.error.message)" }
    }
}

function Invoke-Deployment {
    param([string]$ParameterFile)
    $name = "scimtool-$((Get-Date).ToUniversalTime().ToString('yyyyMMddHHmmss'))"
    $where = @('--resource-group', $Run.ResourceGroup, '--name', $name)
    Invoke-Az (@('deployment', 'group', 'create', '--no-wait', '--template-file', (Get-TemplateFile), '--parameters', "@$ParameterFile") + $where) | Out-Null
    $seen = @{}
    foreach ($i in 1..360) {
        $state = Invoke-Az (@('deployment', 'group', 'show') + $where)
        foreach ($operation in @(Invoke-Az (@('deployment', 'operation', 'group', 'list') + $where))) {
            if (-not $operation) { continue }
            $target = Get-Member-Value $operation.properties 'targetResource'
            $part = Get-Member-Value $target 'resourceName'
            if (-not $part -or $seen[$part] -eq $operation.properties.provisioningState) { continue }
            $seen[$part] = $operation.properties.provisioningState
            Write-Host "  $part - $($seen[$part])"
        }
        switch ($state.properties.provisioningState) {
            'Succeeded' { return $state.properties.outputs }
            { $_ -in 'Failed', 'Canceled' } {
                $failures = @(Get-Failures $name)
                if ($failures.Count -eq 0) { $failures = @($state.properties.error.message) }
                throw "The deployment failed.`n  $($failures -join "`n  ")`nNothing is lost. Fix the cause and run the same command again: it continues with what exists."
            }
        }
        Start-Sleep -Seconds 5
    }
    throw "The deployment $name still runs after 30 minutes. Follow it with: az deployment group show -g $($Run.ResourceGroup) -n $name"
}

function Wait-Page {
    # A new role takes some minutes to work, and the app waits for it.
    param([string]$Url)
    Write-Host "Waiting for $Url ..."
    foreach ($i in 1..60) {
        try {
            Invoke-WebRequest -UseBasicParsing -Uri "$Url/healthz" -TimeoutSec 10 | Out-Null
            return $true
        }
        catch { Start-Sleep -Seconds 5 }
    }
    return $false
}

function Write-Result {
    param($Outputs, $Parameters, [bool]$Answers)
    $page = $Outputs.pageUrl.value
    Write-Host ''
    if ($Answers) { Write-Host "SCIMTool runs: $($Parameters.image)" }
    else {
        Write-Host "Deployed, but $page does not answer yet. See why with:"
        Write-Host "  az containerapp logs show -g $($Run.ResourceGroup) -n $($Run.AppName) --type console --tail 50"
    }
    Write-Host "  Page            $page"
    Write-Host "  SCIM URL        $($Outputs.scimUrl.value)"
    foreach ($name in $Run.NewSecrets.Keys) { Write-Host "  $($name.PadRight(15)) $($Run.NewSecrets[$name])" }
    if ($Run.NewSecrets.Count -gt 0) { Write-Host '  Save the secrets now: they are not shown again.' }
    Write-Host "  To read one     az containerapp secret show -g $($Run.ResourceGroup) -n $($Run.AppName) --secret-name scim-shared-secret --query value -o tsv"
    Write-Host "  Cost            $(Get-CostText $Parameters)"
    Write-Host ''
    Write-Host 'Next, in the Microsoft Entra admin center (https://entra.microsoft.com):'
    Write-Host '  1. Enterprise applications > New application > Create your own application >'
    Write-Host "     'Integrate any other application you don't find in the gallery (Non-gallery)' > Create"
    Write-Host '  2. Provisioning > New configuration'
    Write-Host "     Tenant URL    $($Outputs.scimUrl.value)?aadOptscim062020"
    Write-Host '     Secret token  the SCIM secret'
    Write-Host '     Test connection > Create'
    Write-Host '  3. Users and groups > Add user/group, then Overview > Start provisioning'
    Write-Host "Watch it at $page (sign in with the admin secret)."
}

function Invoke-Main {
    $account = Get-Signed-In
    Read-Choices
    $existing = Get-Existing
    $parameters = Get-Parameters $existing $account.id
    Write-Plan $parameters $existing $account
    if ($WhatIf) {
        if ($null -ne $Run.Group) {
            $file = Write-ParameterFile $parameters
            try {
                $changes = Invoke-Az @('deployment', 'group', 'what-if', '--no-pretty-print', '--resource-group', $Run.ResourceGroup, '--template-file', (Get-TemplateFile), '--parameters', "@$file")
            }
            finally { Remove-Item $file -Force }
            foreach ($change in @($changes.changes)) {
                if ($change -and $change.changeType -notin 'NoChange', 'Ignore') { Write-Host "  $($change.changeType)  $($change.resourceId)" }
            }
        }
        Write-Host 'Nothing was changed (-WhatIf).'
        return
    }
    if (-not $Yes) {
        $answer = Read-Host 'Continue? [y/N]'
        if ($answer -notmatch '^\s*y(es)?\s*$') { Write-Host 'Nothing was changed.'; return }
    }
    Register-Providers
    if ($null -eq $Run.Group) {
        Invoke-Az @('group', 'create', '--name', $Run.ResourceGroup, '--location', $Run.Location) | Out-Null
    }
    $file = Write-ParameterFile $parameters
    try {
        Write-Host 'Deploying; this takes 3 to 6 minutes the first time ...'
        $outputs = Invoke-Deployment $file
    }
    finally { Remove-Item $file -Force }
    Write-Result $outputs $parameters (Wait-Page $outputs.pageUrl.value)
}

try { Invoke-Main }
catch {
    Write-Host ''
    Write-Host $_.Exception.Message -ForegroundColor Red
    # Only a script file may exit; a one-liner would close the window with the message in it.
    if ($MyInvocation.MyCommand.CommandType -eq 'ExternalScript') { exit 1 }
}
