"""The screens of e-mails and sends."""
