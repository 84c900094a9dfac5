-- The configuration that `vim.lsp.enable('seedls')` starts the server with; `vim.lsp.config('seedls', ...)` changes it.
local server = require('seedls.server')

---@type vim.lsp.Config
return {
  cmd = { server.program() or 'seedls', 'serve' },
  filetypes = { 'go', 'python', 'javascript', 'typescript', 'typescriptreact', 'java', 'c', 'cpp', 'rust' },
  root_markers = { '.git' },
  capabilities = { experimental = { ['seedls/didChangeStatus'] = true } },
  handlers = { ['seedls/didChangeStatus'] = server.on_status },
  on_exit = server.on_exit,
}
