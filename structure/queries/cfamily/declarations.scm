; Scopes, and what can be declared outside of functions.

(function_definition) @scope.function
[(compound_statement) (for_statement)] @scope
(parameter_list) @scope.parameters

; A declarator has its name inside of pointers, arrays and functions.
(declaration declarator: (identifier) @definition)
(init_declarator) @within.after
(init_declarator declarator: (identifier) @definition)
(pointer_declarator declarator: (identifier) @definition)
(array_declarator declarator: (identifier) @definition)
(parenthesized_declarator (identifier) @definition)
(function_declarator declarator: (identifier) @definition)
(function_definition declarator: (function_declarator declarator: (identifier) @definition.outer))
(function_definition declarator:
  (pointer_declarator declarator: (function_declarator declarator: (identifier) @definition.outer)))
(function_definition declarator:
  (pointer_declarator declarator:
    (pointer_declarator declarator: (function_declarator declarator: (identifier) @definition.outer))))
(parameter_declaration declarator: (identifier) @definition)

(type_definition declarator: (type_identifier) @definition)
(pointer_declarator declarator: (type_identifier) @definition)
(array_declarator declarator: (type_identifier) @definition)
(function_declarator declarator: (type_identifier) @definition)
(enumerator name: (identifier) @definition)

(preproc_def name: (identifier) @definition.package.global)
(preproc_function_def) @scope
(preproc_function_def name: (identifier) @definition.package.global)
(preproc_params (identifier) @definition.parameter)
(preproc_include) @incomplete
