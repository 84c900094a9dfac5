; What TypeScript adds.

[(interface_body) (object_type) (enum_body)] @hole.members
