; Scopes, and what can be declared outside of functions. Only functions,
; lambdas and comprehensions have names of their own; a class has members.

[(function_definition) (lambda)] @scope.function
[(list_comprehension) (set_comprehension) (dictionary_comprehension) (generator_expression)] @scope
(class_definition body: (block) @scope.body)

(function_definition name: (identifier) @definition.outer)
(class_definition name: (identifier) @definition)
(assignment left: (attribute object: (identifier) attribute: (identifier) @member))

[(assignment) (augmented_assignment)] @within.after
(assignment left: (identifier) @definition)
(augmented_assignment left: (identifier) @definition)
(for_statement left: (identifier) @definition)
(pattern_list (identifier) @definition)
(tuple_pattern (identifier) @definition)
(list_pattern (identifier) @definition)
(list_splat_pattern (identifier) @definition)
(as_pattern_target (identifier) @definition)
(as_pattern_target (tuple (identifier) @definition))
(as_pattern_target (list (identifier) @definition))
(named_expression name: (identifier) @definition.function)
(type_alias_statement . (type (identifier) @definition))

(case_pattern (dotted_name . (identifier) @definition .))
(keyword_pattern (dotted_name . (identifier) @definition .))
(splat_pattern (identifier) @definition)

[(import_statement) (import_from_statement) (future_import_statement)] @within.import
(import_statement name: (dotted_name . (identifier) @definition))
(import_from_statement name: (dotted_name (identifier) @definition .))
(future_import_statement name: (dotted_name (identifier) @definition .))
(aliased_import alias: (identifier) @definition)
(wildcard_import) @incomplete

; What a function declares global is the module's.
(global_statement (identifier) @definition.package.global.hoisted)
