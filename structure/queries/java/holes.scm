; What the brackets of a node hold.

[(block) (constructor_body) (switch_block)] @hole.body
[(class_body) (interface_body) (annotation_type_body) (enum_body) (enum_body_declarations)] @hole.members
[(argument_list) (formal_parameters)] @hole.arguments
[(array_initializer) (parenthesized_expression)] @hole.expression
