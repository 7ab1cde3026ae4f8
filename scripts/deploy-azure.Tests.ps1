# Tests of deploy-azure.ps1 with a fake az on the PATH. deploy-azure.test.ts runs them.
Describe 'deploy-azure.ps1' {
    BeforeAll {
        $script:Script = Join-Path $PSScriptRoot 'deploy-azure.ps1'
        $bin = Join-Path $TestDrive 'bin'
        New-Item -ItemType Directory $bin | Out-Null
        $fake = Resolve-Path (Join-Path $PSScriptRoot '../packages/server/src/azure/testing/fake-az.ts')
        Set-Content (Join-Path $bin 'az') "#!/bin/sh`nexec '$env:TEST_NODE' '$fake' `"`$@`""
        chmod +x (Join-Path $bin 'az')
        $env:PATH = "${bin}:$env:PATH"
        $script:Counter = 0

        function Get-Azure { Get-Content -Raw $env:FAKE_AZURE | ConvertFrom-Json -AsHashtable }
        function Set-Azure($State) { $State | ConvertTo-Json -Depth 30 | Set-Content $env:FAKE_AZURE }
        function Get-Calls { Get-Content "$env:FAKE_AZURE.log" }
        # The comma keeps an array of one an array.
        function Get-Resource([string]$Type) { , @((Get-Azure).resources.Values | Where-Object type -eq $Type) }
        function Get-Env { $vars = @{}; foreach ($v in (Get-Resource 'Microsoft.App/containerApps')[0].properties.template.containers[0].env) { $vars[$v.name] = $v }; $vars }
        function Get-Secret { $all = @{}; foreach ($s in @((Get-Azure).secrets.Values)[0]) { $all[$s.name] = $s.value }; $all }
        function Invoke-Deploy {
            param([hashtable]$With, [string[]]$Answers = @())
            $queue = [Collections.Generic.Queue[string]]::new([string[]]$Answers)
            Mock Read-Host { if ($queue.Count -eq 0) { throw "asked without an answer: $Prompt" }; $queue.Dequeue() }
            $global:LASTEXITCODE = 0
            $text = (& $script:Script @With 6>&1 | Out-String)
            @{ Text = $text; Code = $LASTEXITCODE }
        }
        $script:Usual = @{ ResourceGroup = 'my-RG'; AppName = 'scim-test'; Location = 'westeurope'; Yes = $true }
    }

    BeforeEach {
        $script:Counter++
        $env:FAKE_AZURE = Join-Path $TestDrive "azure-$($script:Counter).json"
        az account show | Out-Null
        Mock Start-Sleep { }
        Mock Invoke-WebRequest { 'ok' }
    }

    Context 'the first run' {
        It 'creates everything and prints URLs, secrets, cost and the next steps in Entra' {
            $result = Invoke-Deploy $Usual
            $result.Code | Should -Be 0
            $secrets = Get-Secret
            $fqdn = (Get-Resource 'Microsoft.App/containerApps')[0].properties.configuration.ingress.fqdn
            foreach ($part in "https://$fqdn", "https://$fqdn/scim/v2?aadOptscim062020", $secrets['scim-shared-secret'], $secrets['admin-secret'],
                'USD a month', 'Tenant URL', 'Secret token', 'New configuration', 'Start provisioning') {
                $result.Text | Should -BeLike "*$part*"
            }
            $secrets['scim-shared-secret'] | Should -Match '^[A-Za-z0-9_-]{43}$'
            $account = (Get-Resource 'Microsoft.Storage/storageAccounts')[0]
            $account.name | Should -Match '^scimtest[0-9a-f]{13}$'
            $account.properties.allowSharedKeyAccess | Should -BeFalse
            (Get-Env)['BACKUP_TARGET'].value | Should -Be "https://$($account.name).blob.core.windows.net/scimtool"
        }

        It 'asks for what is missing, with defaults, and asks before it changes anything' {
            $result = Invoke-Deploy @{} @('', '', '', 'n')
            $result.Text | Should -BeLike '*scimtool-rg (create)*scimtool (create)*Nothing was changed*'
            (Get-Calls) -match 'create|register' | Should -BeNullOrEmpty
            $result = Invoke-Deploy @{} @('', '', '', 'yes')
            $result.Code | Should -Be 0
            (Get-Resource 'Microsoft.App/containerApps')[0].name | Should -Be 'scimtool'
            $result = Invoke-Deploy @{} @('scimtool-rg', '', 'y')
            $result.Text | Should -BeLike '*Resource groups that exist:*scimtool-rg (westeurope)*Container apps in this group:*scimtool*'
        }

        It 'registers resource providers that are not registered' {
            $azure = Get-Azure; $azure.providers['Microsoft.App'] = 'NotRegistered'; Set-Azure $azure
            $result = Invoke-Deploy $Usual
            $result.Code | Should -Be 0
            $result.Text | Should -BeLike '*Registering Microsoft.App*'
        }

        It 'changes nothing with -WhatIf' {
            $before = Get-Azure | ConvertTo-Json -Depth 30
            $result = Invoke-Deploy (@{ WhatIf = $true } + $Usual)
            $result.Text | Should -BeLike '*Plan*Nothing was changed (-WhatIf)*'
            Get-Azure | ConvertTo-Json -Depth 30 | Should -Be $before
        }

        It 'runs as a one-liner, and leaves the window open when it fails' {
            Mock Invoke-WebRequest { Copy-Item (Join-Path $PSScriptRoot '../deploy/azure/azuredeploy.json') $OutFile } -ParameterFilter { $Uri -like '*azuredeploy.json' }
            $answers = [Collections.Generic.Queue[string]]::new([string[]]@('', '', '', 'y', 'bad group!'))
            Mock Read-Host { $answers.Dequeue() }
            # As text from the network it has no folder, so it fetches the template too.
            $text = & ([scriptblock]::Create((Get-Content -Raw $Script))) 6>&1 | Out-String
            $text | Should -BeLike '*SCIMTool runs*'
            Should -Invoke Invoke-WebRequest -ParameterFilter { $Uri -like 'https://*/deploy/azure/azuredeploy.json' }
            $text = Get-Content -Raw $Script | Invoke-Expression 6>&1 | Out-String
            $text | Should -BeLike "*'bad group!' is not valid*"
        }
    }

    Context 'the second run' {
        It 'changes nothing when nothing is asked for, and does not show secrets again' {
            Invoke-Deploy $Usual | Out-Null
            $before = Get-Azure
            $result = Invoke-Deploy $Usual
            $after = Get-Azure
            foreach ($part in 'resources', 'revisions', 'secrets') { $after[$part] | ConvertTo-Json -Depth 30 | Should -Be ($before[$part] | ConvertTo-Json -Depth 30) }
            $result.Text | Should -BeLike '*scim-test (update)*'
            foreach ($secret in (Get-Secret).Values) { $result.Text | Should -Not -BeLike "*$secret*" }
        }

        It 'keeps variables, secrets, scale and image that were set since, and changes only what is asked for' {
            Invoke-Deploy $Usual | Out-Null
            $azure = Get-Azure
            $id = @($azure.secrets.Keys)[0]
            $azure.secrets[$id] += @{ name = 'viewer'; value = 'the "viewer" secret' }
            $template = $azure.resources[$id].properties.template
            $template.containers[0].env += @{ name = 'LOG_LEVEL'; value = 'info' }
            $template.containers[0].env += @{ name = 'VIEWER_SECRET'; secretRef = 'viewer' }
            $template.containers[0].image = 'registry.example.com/own/scimtool:7'
            $template.scale.minReplicas = 1
            Set-Azure $azure
            $secrets = Get-Secret
            $result = Invoke-Deploy $Usual
            $result.Text | Should -BeLike '*Kept variables  LOG_LEVEL, VIEWER_SECRET*'
            $app = (Get-Resource 'Microsoft.App/containerApps')[0]
            (Get-Env)['LOG_LEVEL'].value | Should -Be 'info'
            (Get-Env)['VIEWER_SECRET'].secretRef | Should -Be 'viewer'
            $app.properties.template.containers[0].image | Should -Be 'registry.example.com/own/scimtool:7'
            $app.properties.template.scale.minReplicas | Should -Be 1
            foreach ($name in $secrets.Keys) { (Get-Secret)[$name] | Should -Be $secrets[$name] }

            Invoke-Deploy (@{ ImageTag = '0.2.0'; MinReplicas = '0' } + $Usual) | Out-Null
            $app = (Get-Resource 'Microsoft.App/containerApps')[0]
            $app.properties.template.containers[0].image | Should -Be 'ghcr.io/kayasax/scimtool:0.2.0'
            $app.properties.template.scale.minReplicas | Should -Be 0
            (Get-Env)['LOG_LEVEL'].value | Should -Be 'info'
        }

        It 'refuses an app that it did not deploy, and names another' {
            Invoke-Deploy $Usual | Out-Null
            $azure = Get-Azure; $azure.resources[@($azure.secrets.Keys)[0]].tags = @{}; Set-Azure $azure
            $result = Invoke-Deploy $Usual
            $result.Code | Should -Be 1
            $result.Text | Should -BeLike '*was not deployed by this script*-AppName scim-test-2*docs/upgrade.md*'
        }
    }

    Context 'names' {
        It 'takes another storage account name when the first is taken elsewhere, and the same again in the next run' {
            Invoke-Deploy (@{ WhatIf = $true } + $Usual) | Out-Null
            $first = ((Get-Calls) -match 'check-name' | Select-Object -Last 1) -replace '.*--name (\S+).*', '$1'
            $azure = Get-Azure; $azure.namesTakenElsewhere = @($first); Set-Azure $azure
            $result = Invoke-Deploy $Usual
            $result.Text | Should -BeLike "*$first is taken elsewhere*"
            $name = (Get-Resource 'Microsoft.Storage/storageAccounts')[0].name
            $name | Should -Not -Be $first
            Invoke-Deploy $Usual | Out-Null
            (Get-Resource 'Microsoft.Storage/storageAccounts').name | Should -Be $name
        }

        It 'differ between groups, and are valid for long names' {
            foreach ($group in 'rg-one', 'rg-two') {
                Invoke-Deploy @{ ResourceGroup = $group; AppName = 'a-very-long-name-for-a-scim-app1'; Yes = $true } | Out-Null
            }
            $names = (Get-Resource 'Microsoft.Storage/storageAccounts').name
            ($names | Sort-Object -Unique).Count | Should -Be 2
            $names | ForEach-Object { $_ | Should -Match '^[a-z0-9]{24}$' }
        }

        It 'are refused with the rule that <Name> breaks, and a valid one is suggested' -ForEach @(
            @{ Name = 'My App'; Rule = 'capital letters'; Valid = 'my-app' }
            @{ Name = 'my_app'; Rule = "contains '_'"; Valid = 'my-app' }
            @{ Name = '1scim'; Rule = 'start with a letter'; Valid = 'scim' }
            @{ Name = 'my--app'; Rule = 'two hyphens'; Valid = 'my-app' }
            @{ Name = 'scim-'; Rule = 'ends with a hyphen'; Valid = 'scim' }
            @{ Name = 'x'; Rule = 'fewer than 2'; Valid = 'scimtool' }
            @{ Name = ('scim' * 9); Rule = '36 characters'; Valid = ('scim' * 8) }
        ) {
            $result = Invoke-Deploy @{ ResourceGroup = 'rg'; AppName = $Name; Yes = $true }
            $result.Code | Should -Be 1
            $result.Text | Should -BeLike "*$Rule*A valid name would be: $Valid*"
        }
    }

    Context 'secrets' {
        It 'with awkward characters reach the app unchanged, and never the command line' {
            $secret = '"''$`&|<>%^!\;{}()#*?~@=+,'
            $result = Invoke-Deploy (@{ ScimSecret = $secret } + $Usual)
            $result.Code | Should -Be 0
            (Get-Secret)['scim-shared-secret'] | Should -BeExactly $secret
            Invoke-Deploy $Usual | Out-Null
            (Get-Secret)['scim-shared-secret'] | Should -BeExactly $secret
            Get-Calls | Should -Not -Match ([regex]::Escape($secret))
            Get-ChildItem ([IO.Path]::GetTempPath()) -Filter 'tmp*.tmp' | Where-Object { (Get-Content -Raw $_) -like '*scimSecret*' } | Should -BeNullOrEmpty
        }

        It 'that the server would refuse are refused first' {
            foreach ($secret in 'short', 'with a blank inside', "umlaut-$([char]0xfc)-inside") {
                $result = Invoke-Deploy (@{ ScimSecret = $secret } + $Usual)
                $result.Code | Should -Be 1
                $result.Text | Should -BeLike '*SCIM secret is not valid*'
            }
            (Get-Calls) -match 'create' | Should -BeNullOrEmpty
        }

        It 'of a database URL is kept, and the database is not replicated to storage then' {
            Invoke-Deploy (@{ DatabaseUrl = 'postgres://u:p%20w@db.example.com/scim' } + $Usual) | Out-Null
            Invoke-Deploy $Usual | Out-Null
            (Get-Secret)['database-url'] | Should -Be 'postgres://u:p%20w@db.example.com/scim'
            (Get-Env).ContainsKey('BACKUP_TARGET') | Should -BeFalse
            (Get-Resource 'Microsoft.Storage/storageAccounts').Count | Should -Be 0
        }
    }

    Context 'a failure' {
        It 'half-way says what failed, and the second run continues with what is there' {
            $azure = Get-Azure; $azure.failOnce = @('Microsoft.App/managedEnvironments'); Set-Azure $azure
            $result = Invoke-Deploy $Usual
            $result.Code | Should -Be 1
            $result.Text | Should -BeLike '*scim-test-env: Creating Microsoft.App/managedEnvironments failed*Nothing is lost*'
            $name = (Get-Resource 'Microsoft.Storage/storageAccounts')[0].name
            $result = Invoke-Deploy $Usual
            $result.Code | Should -Be 0
            (Get-Resource 'Microsoft.Storage/storageAccounts').name | Should -Be $name
            $result.Text | Should -BeLike "*$((Get-Secret)['scim-shared-secret'])*"
        }

        It 'of an image that does not exist leaves the running revision alone' {
            Invoke-Deploy $Usual | Out-Null
            $azure = Get-Azure; $azure.missingImages = @('ghcr.io/kayasax/scimtool:9.9.9'); Set-Azure $azure
            $result = Invoke-Deploy (@{ ImageTag = '9.9.9' } + $Usual)
            $result.Code | Should -Be 1
            $result.Text | Should -BeLike '*MANIFEST_UNKNOWN*'
            @((Get-Azure).revisions.Values)[0].Count | Should -Be 1
        }

        It 'to sign in, or a page that does not answer, is explained' {
            Mock Invoke-WebRequest { throw 'no answer' }
            (Invoke-Deploy $Usual).Text | Should -BeLike '*does not answer yet*az containerapp logs show -g my-RG -n scim-test*'
            Mock Get-Command { $null } -ParameterFilter { $Name -eq 'az' }
            (Invoke-Deploy $Usual).Text | Should -BeLike '*az) is not installed*shell.azure.com*'
        }
    }

    Context 'Windows PowerShell 5.1' {
        It 'can read the script: ASCII only, and no syntax or parameter that came later' {
            [IO.File]::ReadAllBytes($Script) | Where-Object { $_ -gt 127 } | Should -BeNullOrEmpty
            $tokens = $null; $errors = $null
            $ast = [Management.Automation.Language.Parser]::ParseFile($Script, [ref]$tokens, [ref]$errors)
            $errors | Should -BeNullOrEmpty
            $newer = 'QuestionQuestion', 'QuestionQuestionEquals', 'QuestionDot', 'QuestionLBracket', 'QuestionMark', 'AndAnd', 'OrOr'
            $tokens | Where-Object { "$($_.Kind)" -in $newer } | Should -BeNullOrEmpty
            $parameters = $ast.FindAll({ $args[0] -is [Management.Automation.Language.CommandParameterAst] }, $true).ParameterName
            $parameters | Where-Object { $_ -in 'AsHashtable', 'AsArray', 'SkipCertificateCheck', 'SkipHttpErrorCheck', 'Parallel', 'AdditionalChildPath', 'NoNewWindow' } | Should -BeNullOrEmpty
            $commands = $ast.FindAll({ $args[0] -is [Management.Automation.Language.CommandAst] }, $true) | ForEach-Object { $_.GetCommandName() }
            $commands | Where-Object { $_ -in 'Get-SecureRandom', 'Join-String', 'Test-Json', 'ConvertFrom-Markdown' } | Should -BeNullOrEmpty
        }
    }
}
