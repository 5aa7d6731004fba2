"""What can be wrong, one file for each place where it can. Each yields `(name, expect, made)`: `expect` is
`accept`, or the reason code with which we have to refuse."""
