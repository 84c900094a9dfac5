; What C++ adds.

(declaration_list) @hole.members
