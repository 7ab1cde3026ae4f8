import { execFileSync } from "node:child_process";
import { chownSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Files of a server certificate for `localhost`, and of the authority that signed it. */
export type Certificates = { readonly authority: string; readonly certificate: string; readonly key: string };

/** @param database the folder of the database, whose owner must own the key */
export function makeCertificates(folder: string, database: string): Certificates {
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const authority = ["-subj", "/CN=Test authority", "-keyout", "authority.key", "-out", "authority.crt"];
  openssl("req", "-x509", ...key, "-days", "2", ...authority);
  openssl("req", ...key, "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr");
  writeFileSync(file("names"), "subjectAltName=DNS:localhost");
  const signer = ["-CA", "authority.crt", "-CAkey", "authority.key", "-CAcreateserial", "-days", "2"];
  openssl("x509", "-req", "-in", "server.csr", ...signer, "-extfile", "names", "-out", "server.crt");
  const { uid, gid } = statSync(database);
  chownSync(file("server.key"), uid, gid);
  return { authority: file("authority.crt"), certificate: file("server.crt"), key: file("server.key") };
}

/** Why tests with certificates are skipped, or false. */
export function skipWithoutOpenssl(): string | false {
  try {
    execFileSync("openssl", ["version"], { stdio: "pipe" });
    return false;
  } catch {
    return "openssl is not installed";
  }
}
