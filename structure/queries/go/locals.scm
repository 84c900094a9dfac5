; What only functions declare.

(parameter_list) @within.parameters
(method_declaration receiver: (parameter_list) @within.receiver)
(parameter_declaration name: (identifier) @definition)
(variadic_parameter_declaration name: (identifier) @definition)

(short_var_declaration) @within.after
(short_var_declaration left: (expression_list (identifier) @definition))
(range_clause) @within.after
(range_clause left: (expression_list (identifier) @definition) ":=")
(receive_statement) @within.after
(receive_statement left: (expression_list (identifier) @definition) ":=")
(type_switch_statement alias: (expression_list (identifier) @definition))

(labeled_statement label: (label_name) @definition.label.function.hoisted)
