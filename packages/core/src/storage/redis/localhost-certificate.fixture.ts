/** A certificate for this machine alone, signed by itself, and its key: nobody but a test believes it. */
export const localhostCertificate = {
  certificate: `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUDhQA2WGwiqcjsB7BHEpfrncjxiIwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMjA5MjAwMVoYDzIxMjYxMDI5
MDkyMDAxWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASGbieapLxhSe16YGwtjjGbC8waJxFIkx7i+UGsMKcGjXdreOnsZher
4dc9B3+I9HwQjZxhbIMThkxxL/lrOU9Ao28wbTAdBgNVHQ4EFgQUtwCaI/loJTSS
aPx/sOFbUBHCUvowHwYDVR0jBBgwFoAUtwCaI/loJTSSaPx/sOFbUBHCUvowDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgLreZThDUwyy6vfMjmtfjQtULim55CLFVkXAanwAUOCACIQC/
7R8466T0e4RLeGz7Rnj8uHsVTiGIVb4enAYhQgNEyg==
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgI0BNz3Uye8uChE72
pF6O1xmo9uwA2jw3bCDg4Ja87vyhRANCAASGbieapLxhSe16YGwtjjGbC8waJxFI
kx7i+UGsMKcGjXdreOnsZher4dc9B3+I9HwQjZxhbIMThkxxL/lrOU9A
-----END PRIVATE KEY-----
`,
};
