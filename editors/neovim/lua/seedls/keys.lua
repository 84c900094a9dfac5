-- What can be put on keys, and the keys that setup puts it on if asked to.
local M = {}

---@class seedls.Action
---@field desc string
---@field modes string[]
---@field key string which setup { keys = true } maps
---@field run fun(): string? keys to go on with; nil to do what the key did before

-- Text that is accepted can be undone by itself.
local function accept(part)
  return function()
    return require('seedls.ghost').accept(part) and '<C-g>u' or nil
  end
end

local function cycle(count)
  return function()
    vim.schedule(function()
      require('seedls.ghost').cycle(count)
    end)
    return ''
  end
end

---@type table<string, seedls.Action>
M.actions = {
  ['accept'] = { desc = 'Accept the suggestion', modes = { 'i' }, key = '<Tab>', run = accept('all') },
  ['accept-word'] = { desc = 'Accept a word of the suggestion', modes = { 'i' }, key = '<M-w>', run = accept('word') },
  ['accept-line'] = { desc = 'Accept a line of the suggestion', modes = { 'i' }, key = '<M-l>', run = accept('line') },
  ['next'] = { desc = 'Show the next suggestion', modes = { 'i' }, key = '<M-n>', run = cycle(1) },
  ['previous'] = { desc = 'Show the previous suggestion', modes = { 'i' }, key = '<M-p>', run = cycle(-1) },
  ['next-edit'] = {
    desc = 'Go to the next edit, or apply it',
    modes = { 'n' },
    key = '<M-e>',
    run = function()
      vim.schedule(require('seedls.next_edit').next)
      return ''
    end,
  },
}

--- Maps actions to keys: those given, all to their own keys if none is given. A key does what it did before, or what it
--- does by itself, where the action has nothing to do.
---@param keys table<string, string>
function M.map(keys)
  if next(keys) == nil then
    keys = vim.tbl_map(function(action)
      return action.key
    end, M.actions)
  end
  for name, key in pairs(keys) do
    local action = M.actions[name]
    if not action then
      local names = table.concat(vim.fn.sort(vim.tbl_keys(M.actions)), ', ')
      error(('seedls: keys has no action %s; it has %s'):format(name, names), 0)
    end
    for _, mode in ipairs(action.modes) do
      local before = ('<Plug>(seedls-before-%s)'):format(name)
      local mapped = vim.fn.maparg(key, mode, false, true)
      if mapped.desc == action.desc then
        -- setup a second time
      elseif next(mapped) ~= nil then
        vim.fn.mapset(vim.tbl_extend('force', mapped, { lhs = before, lhsraw = vim.keycode(before), buffer = 0 }))
      else
        vim.keymap.set(mode, before, key)
      end
      vim.keymap.set(mode, key, function()
        return action.run() or before
      end, { expr = true, remap = true, desc = action.desc })
    end
  end
end

return M
