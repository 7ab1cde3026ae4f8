import type { FastifyInstance, FastifyRequest } from "fastify";
import { DEFAULT_ENDPOINT, issuerPathOf, tokenPathOf } from "../../endpoint/served-endpoint.ts";
import { NO_KEY } from "../auth/authenticate.ts";
import { holdAnswers, type RefusalForm } from "../durability.ts";
import { beginRecording, type RecordedPlace, recordAnswers, report } from "../recording.ts";
import type { ServerOptions } from "../server.ts";
import { originOf } from "../urls.ts";
import { oauthMetadataRoutes } from "./metadata.ts";
import { type OAuthOptions, oauth } from "./oauth.ts";

type Named = { readonly name?: string };

/** The token endpoints of all endpoints, and their metadata (RFC 8414). */
export function oauthRoutes(server: FastifyInstance, options: OAuthRouteOptions): void {
  const { publicUrl } = options;
  server.register(tokenEndpoint(options), { prefix: "/oauth" });
  server.register(tokenEndpoint(options), { prefix: "/scim/endpoints/:name/oauth" });
  server.register(oauthMetadataRoutes, {
    serverOf: (request: FastifyRequest, name = DEFAULT_ENDPOINT) => {
      const origin = originOf(request, publicUrl);
      return { issuer: origin + issuerPathOf(name), tokenUrl: origin + tokenPathOf(name) };
    },
  });
}

export type OAuthRouteOptions = Pick<ServerOptions, "serving" | "backup" | "publicUrl">;

function tokenEndpoint({ serving, backup, publicUrl }: OAuthRouteOptions) {
  return async (scope: FastifyInstance): Promise<void> => {
    scope.decorateRequest("served", null);
    const nameOf = ({ params }: FastifyRequest) => (params as Named).name ?? DEFAULT_ENDPOINT;
    const placeOf = (request: FastifyRequest): RecordedPlace => {
      const { recorder, endpoints } = serving.current ?? {};
      const endpoint = endpoints?.get(nameOf(request));
      const basePath = issuerPathOf(nameOf(request));
      return { recorder, endpoint, basePath, credential: undefined, failed: undefined, isManual: false };
    };
    scope.addHook("onRequest", (request, _reply, done) => {
      beginRecording(request, placeOf);
      done();
    });
    if (backup !== undefined) holdAnswers(scope, backup, notDurable);
    recordAnswers(scope);
    const oauthOptions: OAuthOptions = {
      endpointOf: (request) => {
        const name = nameOf(request);
        return (serving.current ?? serving.access)?.endpoints.get(name) ?? { key: NO_KEY, name };
      },
      tokenUrlOf: (request) => (publicUrl === undefined ? undefined : publicUrl + tokenPathOf(nameOf(request))),
      authenticator: () => (serving.current ?? serving.access)?.authenticator,
      open: async () => {
        const { authenticator, directory } = serving.current ?? (await serving.admit(async () => undefined));
        return { authenticator, database: directory.store };
      },
      onOutcome: (request, outcome) => {
        if (!outcome.issued) {
          request.log.info({ reqId: request.id, failed: outcome.failed }, "no token issued");
          return;
        }
        // The token is a write, so its response waits like that of any write.
        request.served = serving.current ?? null;
        const { clientId = "", label, expiresMs = 0 } = outcome.credential;
        report(request, { kind: "token", clientId, label, expiresMs });
      },
    };
    await oauth(scope, oauthOptions);
  };
}

/** RFC 6749 §5.2, for a token that may be lost. */
const notDurable: RefusalForm = ({ detail }) => ({
  mediaType: "application/json",
  text: JSON.stringify({ error: "temporarily_unavailable", error_description: detail }),
});
