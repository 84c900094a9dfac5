-- :checkhealth seedls
local ghost = require('seedls.ghost')
local server = require('seedls.server')
local M = {}

local function check_program()
  local cmd = server.config().cmd
  if type(cmd) ~= 'table' then
    return vim.health.ok('the server is started by a function of your configuration')
  elseif vim.fn.executable(cmd[1]) == 0 then
    return vim.health.error(server.missing(cmd[1]))
  end
  local done = vim.system({ cmd[1], 'version' }, { text = true }):wait(10000)
  if done.code ~= 0 then
    return vim.health.error(('"%s version" failed: %s'):format(cmd[1], vim.trim(done.stderr or '')))
  end
  vim.health.ok(('%s, from %s'):format(vim.trim(done.stdout), vim.fn.exepath(cmd[1])))
end

local function check_clients()
  local clients = vim.lsp.get_clients({ name = 'seedls' })
  if #clients == 0 then
    local types = table.concat(server.config().filetypes or {}, ', ')
    vim.health.warn('the server is not running', {
      'Open a file of one of these types: ' .. types,
      "Call require('seedls').setup() in your init.lua.",
    })
  end
  for _, client in ipairs(clients) do
    local buffers = vim.tbl_count(client.attached_buffers)
    vim.health.ok(('client %d: %d buffers in %s, %s'):format(client.id, buffers, client.root_dir or 'no folder', client.offset_encoding))
  end
end

local function check_ghost_text()
  if not ghost.supported() then
    return vim.health.warn('no ghost text before Neovim 0.12; the completion list and code actions work')
  elseif ghost.snoozed_until() then
    return vim.health.warn('ghost text is snoozed', 'Run :Seedls snooze 0')
  end
  vim.health.ok('ghost text by vim.lsp.inline_completion')
  local mapped = vim.iter(vim.api.nvim_get_keymap('i')):any(function(map)
    return (map.desc or ''):find('suggestion', 1, true) ~= nil and not vim.startswith(map.lhs, '<Plug>')
      or (map.rhs or ''):find('<Plug>(seedls-', 1, true) ~= nil
  end)
  if not mapped then
    vim.health.info('no key accepts ghost text: see :help seedls-keys')
  end
end

function M.check()
  vim.health.start('seedls: Neovim')
  if vim.fn.has('nvim-0.10') == 1 then
    vim.health.ok(tostring(vim.version()))
  else
    vim.health.error('Neovim 0.10 or later is needed')
  end
  vim.health.start('seedls: program')
  check_program()
  vim.health.start('seedls: server')
  check_clients()
  vim.health.start('seedls: ghost text')
  check_ghost_text()
end

return M
