; What only functions and blocks declare.

(formal_parameters) @within.parameters
(arrow_function parameter: (identifier) @definition.parameter.hoisted)
(catch_clause parameter: (identifier) @definition)
(labeled_statement label: (statement_identifier) @definition.label.function.hoisted)
