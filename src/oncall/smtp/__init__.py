"""Mail in: the SMTP and LMTP server for addresses that open tickets."""
