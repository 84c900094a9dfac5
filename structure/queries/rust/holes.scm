; What the brackets of a node hold.

[(block) (match_block)] @hole.body
[(field_declaration_list) (declaration_list) (enum_variant_list)] @hole.members
[(arguments) (parameters)] @hole.arguments
[(field_initializer_list) (parenthesized_expression) (array_expression)] @hole.expression
