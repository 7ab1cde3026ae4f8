import { describe } from "node:test";
import { credentialConformance } from "./credentials.ts";
import { declaredConformance } from "./declared.ts";
import { endpointConformance } from "./endpoints.ts";
import { filterConformance } from "./filter.ts";
import { issuerTrustConformance } from "./issuer-trusts.ts";
import { memberConformance } from "./members.ts";
import { pagingConformance } from "./paging.ts";
import { resourceConformance } from "./resources.ts";
import { rootConformance } from "./root.ts";
import { searchConformance } from "./search.ts";
import { transactionConformance } from "./transactions.ts";
import { uniquenessConformance } from "./uniqueness.ts";
import type { OpenStore } from "./world.ts";

/** Tests that every store must pass. */
export function storeConformance(name: string, openStore: OpenStore): void {
  describe(`${name} store`, () => {
    endpointConformance(openStore);
    credentialConformance(openStore);
    issuerTrustConformance(openStore);
    resourceConformance(openStore);
    uniquenessConformance(openStore);
    declaredConformance(openStore);
    memberConformance(openStore);
    transactionConformance(openStore);
    searchConformance(openStore);
    pagingConformance(openStore);
    rootConformance(openStore);
    filterConformance(openStore);
  });
}
