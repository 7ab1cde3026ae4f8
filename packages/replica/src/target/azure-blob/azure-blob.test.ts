import { after } from "node:test";
import { StorageSharedKeyCredential } from "@azure/storage-blob";
import { targetConformance } from "../conformance.ts";
import { AZURITE_ACCOUNT, AZURITE_KEY, startAzurite } from "../testing/azurite.ts";
import { azureBlobTarget } from "./azure-blob.ts";

const azurite = await startAzurite();
after(() => azurite.stop());
const credential = new StorageSharedKeyCredential(AZURITE_ACCOUNT, AZURITE_KEY);
let containers = 0;
const newContainer = () => `${azurite.accountUrl}/test-${containers++}`;

targetConformance("azure-blob", async () => {
  const place = { containerUrl: newContainer(), credential, prefix: "some/where" };
  return {
    target: azureBlobTarget(place, { listPageKeys: 3 }),
    another: azureBlobTarget(place),
    dispose: async () => undefined,
  };
});
