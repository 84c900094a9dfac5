; What only methods declare.

(lambda_expression parameters: (identifier) @definition.parameter.hoisted)
(inferred_parameters (identifier) @definition.parameter.hoisted)
(enhanced_for_statement name: (identifier) @definition)
(catch_formal_parameter name: (identifier) @definition)
(resource name: (identifier) @definition)
(instanceof_expression name: (identifier) @definition)
(labeled_statement . (identifier) @definition.label.function.hoisted)
