; What only functions declare.

(labeled_statement label: (statement_identifier) @definition.label.function.hoisted)
