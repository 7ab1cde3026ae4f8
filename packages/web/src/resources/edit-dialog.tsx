import { Button, MessageBar, MessageBarBody, Tab, TabList, Textarea } from "@fluentui/react-components";
import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useMemo, useState } from "react";
import { messageOf, Problem } from "../api/problem.ts";
import type { JsonObject, ScimResource } from "../api/types.ts";
import { DialogFrame } from "../shared/dialog-frame.tsx";
import { ErrorBar } from "../shared/error-bar.tsx";
import { useToast } from "../shared/toast.tsx";
import type { FormContext } from "./attribute-field.tsx";
import { isCollection, isEditable, type TypeDefinition } from "./definition.ts";
import { discardDraft, draftOf, keepDraft } from "./drafts.ts";
import { invalidateResources } from "./invalidate.ts";
import styles from "./resource.module.css";
import { ResourceForm } from "./resource-form.tsx";
import { createResource, parseObject, replaceResource } from "./save-resource.ts";

const CONFLICT = "Someone changed this while you were editing. Copy your edits, close, and reopen.";

/** Longer texts are not edited by hand. */
const MAX_CHARACTERS = 400_000;

type EditDialogProps = {
  readonly endpoint: string;
  readonly definition: TypeDefinition;
  /** Of one resource, for people: "user". */
  readonly one: string;
  /** undefined: a new one. */
  readonly resource?: ScimResource | undefined;
  readonly onClose: () => void;
};

/**
 * Creates or edits a resource, as a form or as JSON: both show the same draft. An edit is refused if somebody changed
 * the resource meanwhile (RFC 7644 §3.14).
 */
export function EditDialog({ endpoint, definition, one, resource, onClose }: EditDialogProps) {
  const isNew = resource === undefined;
  const { path: type } = definition;
  const key = `${endpoint}/${type}/${resource?.id ?? ""}`;
  const [draft] = useState(() => draftOf(key));
  const [original] = useState(() => textOf(isNew ? newResource(definition) : editable(resource, definition)));
  const [version] = useState(() => draft?.version ?? versionOf(resource));
  const [text, setText] = useState(draft?.text ?? original);
  const [tab, setTab] = useState("form");
  const [isLeaving, setIsLeaving] = useState(false);
  const save = useSave({ endpoint, definition, resource, text, original, version }, () => {
    discardDraft(key);
    onClose();
  });

  const change = (next: string) => {
    setText(next);
    if (next === original) discardDraft(key);
    else keepDraft(key, { text: next, version });
  };
  const leave = () => {
    if (text === original || save.isPending) onClose();
    else setIsLeaving(true);
  };
  const discard = () => {
    discardDraft(key);
    onClose();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save.mutate();
  };
  const isTooLong = original.length > MAX_CHARACTERS;
  const problem = tab === "form" ? problemIn(save.error, definition, isNew) : undefined;
  return (
    <DialogFrame
      title={isNew ? `New ${one}` : `Edit ${one}`}
      isWide
      onKeyDown={onKeyDown}
      onClose={leave}
      actions={
        isLeaving ? (
          <>
            <Button onClick={() => setIsLeaving(false)}>Keep editing</Button>
            <Button appearance="primary" onClick={discard}>
              Discard edits
            </Button>
          </>
        ) : (
          <>
            <Button onClick={leave}>Cancel</Button>
            <Button appearance="primary" disabledFocusable={save.isPending || isTooLong} onClick={() => save.mutate()}>
              {isNew ? "Create" : "Save"}
            </Button>
          </>
        )
      }
    >
      <TabList size="small" selectedValue={tab} onTabSelect={(_event, { value }) => setTab(String(value))}>
        <Tab value="form">Form</Tab>
        <Tab value="json">JSON</Tab>
      </TabList>
      {draft !== undefined && <p>These are your unsaved edits.</p>}
      {isTooLong && <p>This is too long to edit here. Send a PATCH request to change a part of it.</p>}
      {!isTooLong && tab === "form" && <FormOf {...{ definition, text, change }} form={{ endpoint, isNew, problem }} />}
      {!isTooLong && tab === "json" && (
        <Textarea
          className={styles.area}
          textarea={{ className: styles.areaText ?? "", spellCheck: false }}
          aria-label="Resource as JSON"
          resize="vertical"
          value={text}
          onChange={(_event, { value }) => change(value)}
        />
      )}
      {problem === undefined && <ErrorBar error={isConflict(save.error) ? new Error(CONFLICT) : save.error} />}
      {isLeaving && (
        <MessageBar intent="warning" layout="multiline" role="alert">
          <MessageBarBody>Your edits are not saved.</MessageBarBody>
        </MessageBar>
      )}
    </DialogFrame>
  );
}

type SaveOptions = Pick<EditDialogProps, "endpoint" | "definition" | "resource"> & {
  readonly text: string;
  readonly original: string;
  readonly version: string | undefined;
};

function useSave({ endpoint, definition, resource, ...edited }: SaveOptions, onSaved: () => void) {
  const navigate = useNavigate();
  const { say } = useToast();
  const { path: type } = definition;
  return useMutation({
    mutationFn: async (): Promise<string | undefined> => {
      const { text } = edited;
      if (resource === undefined) return createResource({ endpoint, type, text });
      const isPart = definition.attributes.some(isCollection);
      await replaceResource({ endpoint, type, id: resource.id, isPart, ...edited });
      return undefined;
    },
    onSuccess: async (created) => {
      onSaved();
      await invalidateResources();
      if (created === undefined) return say("Saved");
      say("Created");
      await navigate({ to: "/endpoints/$endpoint/$type/$id", params: { endpoint, type, id: created } });
    },
  });
}

type FormOfProps = {
  readonly definition: TypeDefinition;
  readonly form: FormContext;
  readonly text: string;
  readonly change: (text: string) => void;
};

/** The draft as a form, unless it is not JSON now. */
function FormOf({ definition, form, text, change }: FormOfProps) {
  const parsed = useMemo(() => {
    try {
      return parseObject(text);
    } catch (error) {
      return messageOf(error);
    }
  }, [text]);
  if (typeof parsed === "string") return <p>{parsed} Correct it on the JSON tab.</p>;
  return <ResourceForm {...{ definition, form }} resource={parsed} onChange={(next) => change(textOf(next))} />;
}

function isConflict(error: Error | null): boolean {
  return error instanceof Problem && error.status === 412;
}

/** The attribute with whose path the server's message begins. */
function problemIn(error: Error | null, { attributes, extensions }: TypeDefinition, isNew: boolean) {
  if (!(error instanceof Problem)) return undefined;
  const text = error.message;
  const [path = ""] = text.split(/[\s"]/, 1);
  const prefixed = extensions.flatMap(({ urn, attributes: own }) =>
    own.map((each) => ({ each, path: `${urn}:${each.name}` })),
  );
  const known = [...attributes.map((each) => ({ each, path: each.name })), ...prefixed];
  const found = known.find(
    (one) => path === one.path || (/^[.[]/.test(path.slice(one.path.length)) && path.startsWith(one.path)),
  );
  return found !== undefined && isEditable(found.each, isNew) && !isCollection(found.each) ? { path, text } : undefined;
}

function newResource({ urn, attributes }: TypeDefinition): JsonObject {
  const hasActive = attributes.some(({ name, type }) => name === "active" && type === "boolean");
  return { schemas: [urn], ...(hasActive && { active: true }) };
}

/** Without what the server sets itself, and without what is edited apart. */
function editable({ id: _, meta: __, ...attributes }: ScimResource, definition: TypeDefinition): JsonObject {
  const apart = definition.attributes.filter((each) => each.mutability === "readOnly" || isCollection(each));
  const names = new Set(apart.map(({ name }) => name));
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.has(name)));
}

function textOf(resource: JsonObject): string {
  return JSON.stringify(resource, null, 2);
}

function versionOf(resource: ScimResource | undefined): string | undefined {
  const version = (resource?.["meta"] as JsonObject | undefined)?.["version"];
  return typeof version === "string" ? version : undefined;
}
