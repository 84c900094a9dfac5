-- The command :Seedls.
local ghost = require('seedls.ghost')
local server = require('seedls.server')
local M = {}

-- Applies the code action of ours whose title begins with a word, to the lines given or else at the cursor. On the last
-- character of a line, where the cursor goes when one stops to type at its end, it is meant to be after that.
local function action(word)
  return function(command)
    local range
    local row, column = unpack(vim.api.nvim_win_get_cursor(0))
    local line = vim.api.nvim_buf_get_lines(0, command.line2 - 1, command.line2, false)[1]
    if command.range > 0 then
      range = { start = { command.line1, 0 }, ['end'] = { command.line2, #line } }
    elseif column == #line - 1 then
      range = { start = { row, #line }, ['end'] = { row, #line } }
    end
    vim.lsp.buf.code_action({
      apply = true,
      range = range,
      filter = function(offered, id) -- Neovim 0.10 does not say whose it is
        local client = id and vim.lsp.get_client_by_id(id)
        return vim.startswith(offered.title:lower(), word) and (not client or client.name == 'seedls')
      end,
    })
  end
end

local function status()
  local client = server.client()
  local lines = {}
  local function say(name, value)
    table.insert(lines, { ('%-12s%s\n'):format(name, value) })
  end
  local cmd = server.config().cmd
  say('command', type(cmd) == 'table' and table.concat(cmd, ' ') or 'a function')
  if client then
    local version = vim.tbl_get(client, 'server_info', 'version')
    say('server', ('version %s, client %d'):format(version or '?', client.id))
    say('folder', client.root_dir or 'none')
    say('positions', client.offset_encoding)
    local said = server.status(client.id)
    if said.kind then
      say('state', ('%s %s'):format(said.kind, said.message or ''))
    end
  else
    say('server', 'not running in this buffer')
  end
  local ends = ghost.snoozed_until()
  if not ghost.supported() then
    say('ghost text', 'needs Neovim 0.12')
  elseif ends then
    say('ghost text', 'snoozed until ' .. os.date('%H:%M', ends))
  else
    say('ghost text', vim.lsp.inline_completion.is_enabled({ bufnr = 0 }) and 'on' or 'off')
  end
  vim.api.nvim_echo(lines, false, {})
end

local function snooze(command)
  local given = command.fargs[2]
  local minutes = tonumber(given or 10)
  if not minutes or minutes < 0 then
    return server.notify(('snooze %s: want minutes, or 0 to end it'):format(given), vim.log.levels.ERROR)
  elseif not ghost.supported() then
    return server.notify('ghost text needs Neovim 0.12', vim.log.levels.WARN)
  end
  ghost.snooze(minutes)
end

local function log()
  local name = vim.lsp.log.get_filename and vim.lsp.log.get_filename() or vim.lsp.get_log_path()
  vim.cmd.split(vim.fn.fnameescape(name))
  vim.cmd.normal({ 'G', bang = true })
end

local commands = {
  status = status,
  fill = action('fill'),
  finish = action('finish'),
  repair = action('repair'),
  rewrite = action('rewrite'),
  declare = action('complete the owed declarations'),
  next = function()
    require('seedls.next_edit').next()
  end,
  snooze = snooze,
  enable = server.enable,
  disable = server.disable,
  log = log,
}

---@param command vim.api.keyset.create_user_command.command_args
function M.run(command)
  local run = commands[command.fargs[1]]
  if not run then
    local names = table.concat(vim.fn.sort(vim.tbl_keys(commands)), ', ')
    return server.notify(('no command %s; there are %s'):format(command.fargs[1], names), vim.log.levels.ERROR)
  end
  run(command)
end

---@param lead string
---@param line string
---@return string[]
function M.complete(lead, line)
  if line:match('Seedls!?%s+%S*$') == nil then
    return {}
  end
  return vim.tbl_filter(function(name)
    return vim.startswith(name, lead)
  end, vim.fn.sort(vim.tbl_keys(commands)))
end

return M
