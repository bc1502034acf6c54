"""Where the local stack's mail arrives: an SMTP server, a web page and the API of npm's maildev."""
