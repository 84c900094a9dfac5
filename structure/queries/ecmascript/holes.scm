; What the brackets of a node hold.

[(statement_block) (switch_body)] @hole.body
[(class_body)] @hole.members
[(arguments) (formal_parameters)] @hole.arguments
[(object) (object_pattern) (array) (parenthesized_expression)] @hole.expression
