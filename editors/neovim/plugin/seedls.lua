if vim.g.loaded_seedls then
  return
end
vim.g.loaded_seedls = true

vim.api.nvim_create_user_command('Seedls', function(command)
  require('seedls.command').run(command)
end, {
  nargs = '+',
  range = true,
  complete = function(lead, line)
    return require('seedls.command').complete(lead, line)
  end,
  desc = 'Code completion by seedls',
})

for name, action in pairs(require('seedls.keys').actions) do
  vim.keymap.set(action.modes, '<Plug>(seedls-' .. name .. ')', function()
    return action.run() or ''
  end, { expr = true, desc = action.desc })
end
