"""The HTTP service: the requests of programs, senders, providers, customers and engineers, and the answers to them.

The sub-packages are layers, lowest first: `edge`, `access`, `services` and `models` side by side, `api` and `senders`
side by side, `pages`, then `status` and `server`. `app` joins their routes into one application. Each layer imports
only layers below it, and the packages below `web`.
"""
