"""The web pages: the board, shifts, plan drafts, a ticket, a customer's ticket and the portal, and the sign-in.

`frame` is the lowest layer; `board`, `drafts`, `customers`, `sign_in` and `incidents` lie side by side above it and do
not import each other. `templates` holds the HTML, the style sheet and the script. Imports `web.services` and the layers
below it.
"""
