; What only functions and comprehensions declare.

[(parameters) (lambda_parameters)] @within.parameters
(parameters (identifier) @definition)
(lambda_parameters (identifier) @definition)
(default_parameter name: (identifier) @definition)
(typed_default_parameter name: (identifier) @definition)
(typed_parameter . (identifier) @definition)
(list_splat_pattern (identifier) @definition)
(dictionary_splat_pattern (identifier) @definition)
(function_definition type_parameters: (type_parameter) @within.typeparameters)
(function_definition type_parameters: (type_parameter (type (identifier) @definition)))
(class_definition type_parameters: (type_parameter) @within.typeparameters)
(class_definition type_parameters: (type_parameter (type (identifier) @definition)))

(for_in_clause left: (identifier) @definition.hoisted)
(for_in_clause left: (pattern_list (identifier) @definition.hoisted))
(for_in_clause left: (tuple_pattern (identifier) @definition.hoisted))

(nonlocal_statement (identifier) @definition)
