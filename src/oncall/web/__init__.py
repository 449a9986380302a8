"""The service over HTTP: what programs, senders, providers, customers and engineers ask and send.

The sub-packages are layers, lowest first: `edge`, `access`, `services` and `models` side by side, `api` and `senders`
side by side, `pages`, then `status` and `server`. `app` joins the routes of all. Each imports only layers below it, and
the core.
"""
