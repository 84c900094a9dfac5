-- The next edit: asks the server for the change that is likely next, goes there and shows it; then applies it.
local server = require('seedls.server')
local M = {}

local namespace = vim.api.nvim_create_namespace('seedls.next_edit')
local shown ---@type {edit: table, bufnr: integer, tick: integer, client: vim.lsp.Client}?

--- Takes the edit that is shown off the screen.
function M.clear()
  if shown and vim.api.nvim_buf_is_valid(shown.bufnr) then
    vim.api.nvim_buf_clear_namespace(shown.bufnr, namespace, 0, -1)
  end
  shown = nil
end

-- Marks what an edit takes away, and draws what it puts there: after it, and further lines below it.
local function draw(bufnr, edit, encoding)
  local range = vim.range.lsp(bufnr, edit.range, encoding)
  local row, column, end_row, end_column = range:to_extmark()
  vim.api.nvim_buf_set_extmark(bufnr, namespace, row, column, {
    end_row = end_row,
    end_col = end_column,
    hl_group = 'DiffDelete',
  })
  local lines = vim.split(edit.text, '\n')
  local below = {}
  for i = 2, #lines do
    below[i - 1] = { { lines[i], 'DiffAdd' } }
  end
  vim.api.nvim_buf_set_extmark(bufnr, namespace, end_row, end_column, {
    virt_text = { { lines[1], 'DiffAdd' } },
    virt_text_pos = 'inline',
    virt_lines = below,
  })
end

local function show(client, edit)
  local location = { uri = edit.textDocument.uri, range = edit.range }
  vim.lsp.util.show_document(location, client.offset_encoding, { focus = true })
  local bufnr = vim.api.nvim_get_current_buf()
  shown = { edit = edit, bufnr = bufnr, tick = vim.b[bufnr].changedtick, client = client }
  draw(bufnr, edit, client.offset_encoding)
  vim.api.nvim_create_autocmd({ 'TextChanged', 'TextChangedI', 'InsertEnter', 'BufLeave' }, {
    buffer = bufnr,
    group = vim.api.nvim_create_augroup('seedls.next_edit', {}),
    callback = function(event)
      -- What was applied before this was asked for may be told of only now.
      if not event.event:find('^TextChanged') or not shown or shown.tick ~= vim.b[bufnr].changedtick then
        M.clear()
        return true
      end
    end,
  })
end

-- Asks for the next edit, and shows it unless the text has changed since.
---@param quiet boolean whether to say nothing if there is none
local function ask(client, quiet)
  local bufnr = vim.api.nvim_get_current_buf()
  local params = vim.lsp.util.make_position_params(0, client.offset_encoding)
  params.textDocument.version = vim.lsp.util.buf_versions[bufnr]
  local tick = vim.b[bufnr].changedtick
  client:request('textDocument/copilotInlineEdit', params, function(err, result)
    local edit = result and result.edits and result.edits[1]
    if err then
      server.notify('no next edit: ' .. err.message, vim.log.levels.WARN)
    elseif bufnr ~= vim.api.nvim_get_current_buf() or tick ~= vim.b[bufnr].changedtick then
      return
    elseif edit then
      show(client, edit)
    elseif not quiet then
      server.notify('no next edit')
    end
  end, bufnr)
end

local function apply(client, edit, bufnr)
  local range = vim.range.lsp(bufnr, edit.range, client.offset_encoding)
  local row, column = range:to_extmark()
  vim.lsp.util.apply_text_edits({ { range = edit.range, newText = edit.text } }, bufnr, client.offset_encoding)
  local lines = vim.split(edit.text, '\n')
  vim.api.nvim_win_set_cursor(0, { row + #lines, (#lines == 1 and column or 0) + #lines[#lines] })
  if edit.command then
    client:exec_cmd(edit.command, { bufnr = bufnr })
  end
end

--- Goes to the next edit and shows it; applies it if it is shown, and goes to the one after it.
function M.next()
  local client = server.client()
  if not client then
    return server.notify('the server is not running in this buffer', vim.log.levels.WARN)
  elseif vim.fn.has('nvim-0.12') == 0 then
    return server.notify('next edits need Neovim 0.12', vim.log.levels.WARN)
  end
  local proposal = shown
  M.clear()
  local fresh = proposal and proposal.bufnr == vim.api.nvim_get_current_buf() and proposal.tick == vim.b.changedtick
  if fresh then
    apply(proposal.client, proposal.edit, proposal.bufnr)
  end
  ask(client, fresh or false)
end

return M
