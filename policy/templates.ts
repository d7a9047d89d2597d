/**
 * What `agentzero init` writes as `.agentzero/policy.yml`: reading does not ask, every write shows its diff, commands
 * run staged and without network, models are local.
 */
export const DEFAULT_POLICY: string =
  `# Nothing is allowed unless a rule allows it; of all rules that match, the strictest counts; order never matters.
# See why: \`agentzero policy explain file_read --path README.md\`. After an edit: \`agentzero policy check && agentzero policy trust\`.
version: 2
approval: { max_scope: project, timeout: 5m }    # a ceiling; a rule without its own \`approval\` is remembered for a session
sets:
  here: ["\${project}/**"]
  fetch_hosts: []                                # hosts \`fetch\` may reach, e.g. [docs.example.com]; empty means no network
  secret_files: ["**/.env", "**/.env.*", "**/.env~", "**/.*.sw?", "**/.envrc", "**/.ssh/**", "**/.gnupg/**", "**/.aws/**", "**/.azure/**", "**/.kube/**",
    "**/.config/gcloud/**", "**/.docker/config.json", "**/.netrc", "\${home}/.npmrc", "**/.pypirc", "**/.git-credentials", "**/*.pem",
    "**/*.key", "**/*.p12", "**/*.pfx", "**/*.kdbx", "**/id_*sa", "**/id_ed25519"]
  runs_later: ["\${project}/**/package.json", "\${project}/**/Makefile", "\${project}/.github/**", "\${project}/.husky/**",
    "\${project}/.vscode/**", "\${project}/.mcp.json", "\${project}/**/AGENTS.md"]
  reports: ["\${project}/coverage/**", "\${project}/**/test-results/**", "\${project}/**/*.log", "\${project}/**/.eslintcache",
    "\${project}/**/*.tsbuildinfo"]                # what checks leave behind; build output that people run later is not here
rules:
  # Files: reading, listing and searching in the project does not ask; every write asks and shows its diff.
  - { id: no-secret-files, effect: deny, capability: [file_read, file_write, acp_context_request], paths: [$secret_files],
      except: { paths: ["**/.env.example", "**/.env.sample"] }, reason: secrets are used through vault handles and are never read }
  - { id: read-project, effect: allow, capability: [file_read, acp_context_request], paths: [$here],
      classification: [public, internal, private, pii, regulated, unknown] }
  - { id: write-project, effect: requires_approval, capability: file_write, paths: [$here], except: { paths: [$reports], staged: true },
      reason: look at the diff first }
  - { id: write-runs-later, effect: requires_approval, capability: file_write, paths: [$runs_later], approval: { max_scope: once } }
  - { id: no-git-internals, effect: deny, capability: file_write, paths: ["**/.git/**"], except: { paths: ["\${project}/.git"] },
      reason: hooks and config run code later; \`git commit\` and the like ask for .git as a whole }
  # Commands run in the sandbox on a staged view, without network: any line may try. What they changed is decided above, by path.
  - { id: shell, effect: allow, capability: shell_command, cwd: [$here], tainted: any,
      examples: { match: [npm test, "find . -name '*.ts' | xargs wc -l", "git log --oneline | head -3"] } }
  - { id: keep-reports, effect: allow, capability: file_write, staged: true, paths: [$reports] }
  # Network: only \`fetch_hosts\`, and a question when text from a file, tool or page shaped the request.
  - { id: fetch-hosts, effect: allow, capability: network_request, hosts: [$fetch_hosts], ports: [443], methods: [GET, HEAD] }
  - { id: fetch-tainted, effect: requires_approval, capability: network_request, hosts: [$fetch_hosts], ports: [443],
      methods: [GET, HEAD], tainted: true, reason: untrusted text shaped this request }
  # Models: on this machine only (built in, scripted, or a loopback endpoint); secret values are masked even there.
  - { id: local-model, effect: allow_with_redaction, capability: model_call, remote: false, redact: [secret, credential] }
  # Tools and skills: making or installing one asks; then it runs in WASM with the permissions it declared, under the rules above.
  - { id: run-wasm, effect: allow, capability: [runtime_launch, package_execution], tier: [host-readonly, wasm-sandbox], tainted: any,
      skill: { trust: [signed, generated] } }                # built-in skills count as signed
  - { id: signed-skill, effect: allow, capability: skill_load, skill: { trust: [signed, generated] } }
  - { id: wasm-imports, effect: allow, capability: wasm_host_call, tier: [wasm-sandbox], imports: ["az:host/*"] }
  - { id: local-skill, effect: requires_approval, capability: skill_load, skill: { trust: [local] }, reason: nobody signed this text }
  - { id: install, effect: requires_approval, capability: package_install, approval: { max_scope: package } }
  - { id: run-on-host, effect: requires_approval, capability: package_execution, tier: [host-supervised], approval: { max_scope: once } }
  # For a remote model with a key from the vault: remove the \`#\` of both rules, put in your host and handle.
  # - { id: remote-model, effect: allow_with_redaction, capability: model_call, remote: true, hosts: [api.example.com],
  #     classification: [public, internal, private], redact: [pii, secret, credential] }
  # - { id: remote-key, effect: allow, capability: secret_handle_usage, secrets: ["handle://vault/x/key"], hosts: [api.example.com] }
tests:
  - { request: { capability: file_read, path: "\${project}/src/.env" }, expect: deny, rule: no-secret-files }
  - { request: { capability: file_write, path: "\${home}/package.json" }, expect: deny, rule: null }
  - { request: { capability: shell_command, command: "npm test && git status | head -3" }, expect: allow, rule: shell }
  - { request: { capability: file_write, path: "\${project}/src/a.ts", staged: true }, expect: requires_approval, rule: write-project }
  - { request: { capability: shell_command, command: "git show HEAD:.env" }, expect: deny, rule: no-secret-files }
  - { request: { capability: network_request, url: "https://docs.example.com/" }, expect: deny, rule: null }
`;

/** What `agentzero init --private` writes: masked reads, each change asks, nothing leaves this machine. */
export const PRIVATE_POLICY: string =
  `# Private and local only: reads are masked, changes ask each time, nothing leaves this machine. No other file can loosen a deny made here.
version: 2
approval: { max_scope: session, timeout: 2m }
sets:
  secret_files: ["**/.env", "**/.env.*", "**/.env~", "**/.*.sw?", "**/.envrc", "**/.ssh/**", "**/.gnupg/**", "**/.aws/**", "**/.azure/**", "**/.kube/**",
    "**/.config/gcloud/**", "**/.docker/config.json", "**/.netrc", "\${home}/.npmrc", "**/.pypirc", "**/.git-credentials", "**/*.pem",
    "**/*.key", "**/*.p12", "**/*.pfx", "**/*.kdbx", "**/id_*sa", "**/id_ed25519", "**/secrets/**"]
rules:
  - { id: no-secret-files, effect: deny, capability: [file_read, file_write, acp_context_request], paths: [$secret_files],
      reason: secrets are used through vault handles and are never read }
  - { id: nothing-leaves, effect: deny, capability: [network_request, secret_handle_usage], reason: private project }
  - { id: no-packages, effect: deny, capability: package_install, except: { packages: ["generated:*"] }, reason: private project }
  - { id: no-remote-model, effect: deny, capability: model_call, remote: true, reason: private project }
  - { id: local-model, effect: allow_with_redaction, capability: model_call, remote: false, redact: [pii, secret, credential] }
  # Files: masked before the model sees them; data labelled pii, regulated or unknown stays closed; no write is remembered.
  - { id: read-project, effect: allow_with_redaction, capability: [file_read, acp_context_request], paths: ["\${project}/**"],
      classification: [public, internal, private], redact: [pii, secret, credential] }
  - { id: write-project, effect: requires_approval, capability: file_write, paths: ["\${project}/**"], approval: { max_scope: once } }
  - { id: no-git-internals, effect: deny, capability: file_write, paths: ["**/.git/**"], except: { paths: ["\${project}/.git"] },
      reason: hooks and config run code later }
  # Commands: each asks, each time; none that untrusted text shaped but these three. Tools: WASM only, each asks.
  - { id: shell-ask, effect: requires_approval, capability: shell_command, cwd: ["\${project}/**"], approval: { max_scope: once } }
  - { id: shell-tainted, effect: deny, capability: shell_command, tainted: true, except: { argv: [[git, [status, diff]], [ls]] },
      reason: untrusted text shaped this command }
  - { id: generate, effect: requires_approval, capability: package_install, packages: ["generated:*"], approval: { max_scope: once } }
  - { id: run-wasm, effect: requires_approval, capability: [skill_load, runtime_launch, package_execution],
      tier: [none, host-readonly, wasm-sandbox], skill: { trust: [signed, generated] } }
  - { id: wasm-imports, effect: allow, capability: wasm_host_call, tier: [wasm-sandbox], imports: ["az:host/*"] }
tests:
  - { request: { capability: model_call, host: api.example.com, remote: true }, expect: deny, rule: no-remote-model }
  - { request: { capability: shell_command, command: npm test, tainted: true }, expect: deny, rule: shell-tainted }
`;
