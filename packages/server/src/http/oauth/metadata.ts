import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { oauthMetadata } from "../../auth/oauth/issue-token.ts";

/** The location of metadata (RFC 8414 §3): before the path of the issuer. */
const METADATA_PATH = "/.well-known/oauth-authorization-server";

export type MetadataOptions = {
  /** The issuer and the token endpoint of the default or a named endpoint, which need not exist. */
  readonly serverOf: (
    request: FastifyRequest,
    name: string | undefined,
  ) => { readonly issuer: string; readonly tokenUrl: string };
};

/** Metadata of the authorization servers (RFC 8414 §3), to be registered without a prefix. */
export async function oauthMetadataRoutes(server: FastifyInstance, { serverOf }: MetadataOptions): Promise<void> {
  const answer = (request: FastifyRequest, reply: FastifyReply, name: string | undefined) => {
    const { issuer, tokenUrl } = serverOf(request, name);
    return reply.type("application/json").send(JSON.stringify(oauthMetadata(issuer, tokenUrl)));
  };
  server.get(METADATA_PATH, async (request, reply) => answer(request, reply, undefined));
  server.get<{ Params: { name: string } }>(`${METADATA_PATH}/scim/endpoints/:name`, async (request, reply) =>
    answer(request, reply, request.params.name),
  );
}
