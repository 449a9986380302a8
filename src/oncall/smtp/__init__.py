"""The SMTP and LMTP server that receives mail for the addresses that open tickets."""
