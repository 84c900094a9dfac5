; What the brackets of a node hold.

(compound_statement) @hole.body
[(field_declaration_list) (enumerator_list)] @hole.members
[(argument_list) (parameter_list)] @hole.arguments
[(initializer_list) (parenthesized_expression)] @hole.expression
