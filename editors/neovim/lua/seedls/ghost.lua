-- Ghost text, on Neovim's own inline completion: accepting it whole or in part, cycling, snoozing.
local server = require('seedls.server')
local M = {}

local snooze ---@type {timer: uv.uv_timer_t, ends: integer}?

--- Whether this Neovim has inline completion.
---@return boolean
function M.supported()
  return vim.lsp.inline_completion ~= nil
end

--- Shows ghost text in buffers that the server is attached to.
function M.enable()
  if not M.supported() then
    return
  end
  vim.api.nvim_create_autocmd('LspAttach', {
    group = vim.api.nvim_create_augroup('seedls.ghost', {}),
    callback = function(event)
      local client = vim.lsp.get_client_by_id(event.data.client_id)
      if client and client.name == 'seedls' then
        vim.lsp.inline_completion.enable(true, { bufnr = event.buf })
        if snooze then
          vim.lsp.inline_completion.enable(false, { client_id = client.id })
        end
      end
    end,
  })
end

-- How much of a text is a part of it: a word, with what is before it, or what is left of a line.
local parts = {
  all = function(text)
    return text
  end,
  word = function(text)
    return text:match('^%s*[%w_\128-\255]+') or text:match('^%s*[^%s%w_\128-\255]+') or text
  end,
  line = function(text)
    return text:match('^\n?[^\n]*')
  end,
}

-- Inserts a part of an item of ours at the cursor. Neovim would replace what was before the cursor when the item was
-- made; what was typed along it since would be there twice.
---@param item vim.lsp.inline_completion.Item
---@param part 'all'|'word'|'line'
---@return vim.lsp.inline_completion.Item? item for Neovim to insert, if it is not ours
local function insert(item, part)
  local client = vim.lsp.get_client_by_id(item.client_id)
  if not client or client.name ~= 'seedls' then
    return part == 'all' and item or nil
  end
  local row, start = item.range:to_extmark()
  local cursor = vim.api.nvim_win_get_cursor(0)
  local typed = vim.api.nvim_get_current_line():sub(start + 1, cursor[2])
  local text = item.insert_text:gsub('\r\n', '\n')
  if cursor[1] ~= row + 1 or not vim.startswith(text, typed) then
    return
  end
  local rest = text:sub(#typed + 1)
  local accepted = parts[part](rest)
  local lines = vim.split(accepted, '\n')
  vim.api.nvim_buf_set_text(0, row, cursor[2], row, cursor[2], lines)
  local column = (#lines == 1 and cursor[2] or 0) + #lines[#lines]
  vim.api.nvim_win_set_cursor(0, { row + #lines, column })
  if item.command and accepted == rest then
    client:exec_cmd(item.command, { bufnr = vim.api.nvim_get_current_buf() })
  end
end

--- Accepts what is shown, or a part of it.
---@param part 'all'|'word'|'line'
---@return boolean whether anything is shown
function M.accept(part)
  return M.supported() and vim.lsp.inline_completion.get({
    on_accept = function(item)
      return insert(item, part)
    end,
  })
end

-- Neovim's state of a buffer. There is no public way to ask it for more than it asks for by itself.
local function completor()
  local all = vim.tbl_get(vim.lsp, '_capability', 'all', 'inline_completion', 'active') or {}
  return all[vim.api.nvim_get_current_buf()]
end

--- Shows the candidate that is so many further. The server is first asked for several, which it is not while one types.
---@param count integer
function M.cycle(count)
  local client, state = server.client(), completor()
  if not client or not state then
    return
  end
  local known = state.client_state[client.id]
  if state.current and known and #(known.items or {}) > 1 then
    return vim.lsp.inline_completion.select({ count = count })
  end
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  params.context = { triggerKind = vim.lsp.protocol.InlineCompletionTriggerKind.Invoked }
  local shown = state.current ~= nil
  client:request('textDocument/inlineCompletion', params, function(err, result, context)
    if completor() == state and state.client_state[client.id] then
      state:handler(err, result, context)
      vim.lsp.inline_completion.select({ count = shown and count or 0 })
    end
  end)
end

-- Turns the ghost text of every seedls client on or off.
local function show(shown)
  for _, client in ipairs(vim.lsp.get_clients({ name = 'seedls' })) do
    if not shown then
      vim.lsp.inline_completion.enable(false, { client_id = client.id })
    else
      for buffer in pairs(client.attached_buffers) do
        vim.lsp.inline_completion.enable(true, { client_id = client.id, bufnr = buffer })
      end
    end
  end
  vim.cmd.redrawstatus({ bang = true })
end

--- Shows no ghost text for so many minutes; 0 ends that.
---@param minutes number
function M.snooze(minutes)
  if snooze then
    snooze.timer:stop()
    snooze.timer:close()
    snooze = nil
  end
  if minutes > 0 then
    local ms = math.floor(minutes * 60 * 1000)
    local timer = vim.defer_fn(function()
      M.snooze(0)
    end, ms)
    snooze = { timer = timer, ends = os.time() + math.floor(ms / 1000) }
  end
  show(snooze == nil)
end

--- When the snooze ends, in seconds as os.time() has them; nil if there is none.
---@return integer?
function M.snoozed_until()
  return snooze and snooze.ends
end

return M
