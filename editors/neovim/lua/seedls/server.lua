-- The server: where its program is, its start on every version of Neovim, and its return when it dies.
local M = {}

-- This file is in editors/neovim/lua/seedls of a clone, where `make build` puts the program into bin.
local file = debug.getinfo(1, 'S').source:sub(2)
local clone = vim.fn.fnamemodify(vim.uv.fs_realpath(file) or file, ':h:h:h:h:h')

local restarts_max, restarts_within_ms = 4, 3 * 60 * 1000
local exits = {} ---@type integer[] when the server died, in ms
local running = false
local overrides = {} ---@type vim.lsp.Config
local statuses = {} ---@type table<integer, {busy: boolean?, message: string?, kind: string?}>

---@param message string
---@param level? integer
function M.notify(message, level)
  vim.notify('seedls: ' .. message, level or vim.log.levels.INFO)
end

--- The program: that on PATH, or that built in the clone which this plugin is in.
---@return string?
function M.program()
  for _, program in ipairs({ 'seedls', clone .. '/bin/seedls' }) do
    if vim.fn.executable(program) == 1 then
      return program
    end
  end
end

--- What to do about a missing program.
---@param program string
---@return string
function M.missing(program)
  return ('no program %s: run "make build" in %s, or put seedls on the PATH, and then :Seedls enable'):format(program, clone)
end

--- The configuration that the server is started with.
---@return vim.lsp.Config
function M.config()
  if vim.lsp.config then
    return vim.lsp.config.seedls
  end
  local config = dofile(vim.api.nvim_get_runtime_file('lsp/seedls.lua', false)[1])
  local all = { name = 'seedls', capabilities = vim.lsp.protocol.make_client_capabilities() }
  return vim.tbl_deep_extend('force', all, config, overrides)
end

---@return vim.lsp.Client?
function M.client()
  return vim.lsp.get_clients({ bufnr = 0, name = 'seedls' })[1]
end

---@param config vim.lsp.Config
function M.setup(config)
  overrides = config
  if vim.lsp.config then
    vim.lsp.config('seedls', config)
  end
  M.enable()
end

--- Starts the server for the buffers that are open and those to come.
function M.enable()
  running = true
  local group = vim.api.nvim_create_augroup('seedls', {})
  vim.api.nvim_create_autocmd('FileType', {
    group = group,
    pattern = M.config().filetypes,
    callback = function()
      local cmd = M.config().cmd
      if type(cmd) == 'table' and vim.fn.executable(cmd[1]) == 0 then
        vim.schedule(function()
          M.notify(M.missing(cmd[1]), vim.log.levels.WARN)
        end)
        return true -- said once
      end
    end,
  })
  if vim.lsp.enable then
    vim.lsp.enable('seedls')
  else
    vim.api.nvim_create_autocmd('FileType', {
      group = group,
      pattern = M.config().filetypes,
      callback = function(event)
        local started = M.config()
        if vim.bo[event.buf].buftype == '' and vim.fn.executable(started.cmd[1]) == 1 then
          started.root_dir = vim.fs.root(event.buf, started.root_markers)
          vim.lsp.start(started, { bufnr = event.buf })
        end
      end,
    })
  end
  if vim.v.vim_did_enter == 1 then
    vim.cmd('silent! doautoall <nomodeline> seedls FileType')
  end
end

--- Ends the server.
function M.disable()
  running = false
  vim.api.nvim_create_augroup('seedls', {})
  if vim.lsp.enable then
    vim.lsp.enable('seedls', false)
  else
    vim.lsp.stop_client(vim.lsp.get_clients({ name = 'seedls' }))
  end
end

--- Starts the server again after its process died, unless it does so again and again.
---@type vim.lsp.client.on_exit_cb
function M.on_exit(code, signal, id)
  statuses[id] = nil
  local died = code ~= 0 or (signal ~= 0 and signal ~= 15)
  vim.schedule(function()
    if not died or not running or vim.v.exiting ~= vim.NIL then
      return
    end
    local now = vim.uv.now()
    exits = vim.tbl_filter(function(at)
      return now - at < restarts_within_ms
    end, exits)
    if #exits == restarts_max then
      M.notify('the server died too often and is left alone; :Seedls log says why, :Seedls enable starts it', vim.log.levels.ERROR)
      return
    end
    table.insert(exits, now)
    vim.schedule(function() -- when Neovim has forgotten the dead one
      vim.schedule(M.enable)
    end)
  end)
end

--- Handles seedls/didChangeStatus.
---@type lsp.Handler
function M.on_status(_, status, context)
  statuses[context.client_id] = status
  vim.cmd.redrawstatus({ bang = true })
end

--- What the server last said of itself.
---@param id integer
---@return {busy: boolean?, message: string?, kind: string?}
function M.status(id)
  return statuses[id] or {}
end

return M
