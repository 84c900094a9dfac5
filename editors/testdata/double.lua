-- A server in the editor's own process, in the place of seedls, for what a test has to decide: several candidates, a next
-- edit at every "old" in the file, a status.
return function(dispatchers)
  local closing, requests = false, 0
  local answers = {
    initialize = function()
      return {
        serverInfo = { name = 'double', version = '1' },
        capabilities = { positionEncoding = 'utf-8', textDocumentSync = 1, inlineCompletionProvider = true },
      }
    end,
    shutdown = function()
      return vim.NIL
    end,
    ['textDocument/inlineCompletion'] = function(params)
      local at = params.position
      local bufnr = vim.uri_to_bufnr(params.textDocument.uri)
      local line = vim.api.nvim_buf_get_lines(bufnr, at.line, at.line + 1, false)[1]
      local items = {}
      for i, text in ipairs({ 'first()', 'second()', 'third()' }) do
        items[i] = {
          insertText = line .. text,
          range = { start = { line = at.line, character = 0 }, ['end'] = at },
        }
      end
      return { items = params.context.triggerKind == 1 and items or { items[1] } }
    end,
    ['textDocument/copilotInlineEdit'] = function(params)
      local bufnr = vim.uri_to_bufnr(params.textDocument.uri)
      for row, line in ipairs(vim.api.nvim_buf_get_lines(bufnr, 0, -1, false)) do
        local start, stop = line:find('old', 1, true)
        if start then
          local range = { start = { line = row - 1, character = start - 1 }, ['end'] = { line = row - 1, character = stop } }
          return { edits = { { text = 'new', textDocument = params.textDocument, range = range } } }
        end
      end
      return { edits = {} }
    end,
  }
  return {
    request = function(method, params, callback)
      vim.schedule(function()
        if answers[method] then
          callback(nil, answers[method](params))
        else
          callback({ code = -32601, message = 'method not found: ' .. method })
        end
      end)
      requests = requests + 1
      return true, requests
    end,
    notify = function(method)
      if method == 'textDocument/didOpen' then
        dispatchers.notification('seedls/didChangeStatus', { busy = false, kind = 'Warning', message = 'only a double' })
      elseif method == 'exit' then
        closing = true
        dispatchers.on_exit(0, 15)
      end
      return true
    end,
    is_closing = function()
      return closing
    end,
    terminate = function()
      closing = true
    end,
  }
end
