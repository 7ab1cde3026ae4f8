import { useState } from "react";
import type { Json, JsonObject } from "../api/types.ts";
import { SuggestInput } from "../shared/suggest-input.tsx";
import { AttributeField, type FormContext, isWithin } from "./attribute-field.tsx";
import { type Attribute, isCollection, isEditable, type TypeDefinition } from "./definition.ts";
import styles from "./form.module.css";
import { isObject, withAttribute } from "./form-value.ts";

/** Attributes that people set most; others are offered by name. */
const COMMON = new Set([
  "userName",
  "displayName",
  "name",
  "active",
  "emails",
  "title",
  "externalId",
  "department",
  "manager",
]);

/** Schemas with up to so many attributes are shown whole. */
const FEW = 12;

/** Suggested names at once. */
const MAX_SUGGESTIONS = 100;

type ResourceFormProps = {
  readonly definition: TypeDefinition;
  readonly form: FormContext;
  readonly resource: JsonObject;
  readonly onChange: (resource: JsonObject) => void;
};

/** The attributes of a resource as fields: a section for the type's own schema and one for each extension. */
export function ResourceForm({ definition, form, resource, onChange }: ResourceFormProps) {
  const { urn, name, attributes, extensions } = definition;
  const sections = [{ urn, name, attributes }, ...extensions];
  return (
    <div className={styles.form}>
      {sections.map((section) => (
        <Section
          key={section.urn}
          {...section}
          form={form}
          isCore={section.urn === urn}
          values={
            section.urn === urn
              ? resource
              : isObject(resource[section.urn])
                ? (resource[section.urn] as JsonObject)
                : {}
          }
          onChange={(attribute, value) => onChange(withAttribute(resource, definition, section.urn, attribute, value))}
        />
      ))}
    </div>
  );
}

type SectionProps = {
  readonly urn: string;
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly form: FormContext;
  readonly isCore: boolean;
  readonly values: JsonObject;
  readonly onChange: (attribute: string, value: Json | undefined) => void;
};

function Section({ urn, name, attributes, form, isCore, values, onChange }: SectionProps) {
  const editable = attributes.filter((each) => isEditable(each, form.isNew) && !isCollection(each));
  const pathOf = (attribute: Attribute) => (isCore ? attribute.name : `${urn}:${attribute.name}`);
  const isConcerned = (attribute: Attribute) => {
    const path = form.problem?.path;
    return path !== undefined && (path === pathOf(attribute) || isWithin(path, pathOf(attribute)));
  };
  // What was shown once stays, also after its value was removed.
  const [added, setAdded] = useState<ReadonlySet<string>>(() => new Set(Object.keys(values)));
  const isShown = (attribute: Attribute) =>
    attribute.required === true ||
    added.has(attribute.name) ||
    values[attribute.name] !== undefined ||
    editable.length <= FEW ||
    COMMON.has(attribute.name) ||
    isConcerned(attribute);
  const shown = editable.filter(isShown);
  const hidden = editable.filter((attribute) => !isShown(attribute));
  if (editable.length === 0) return null;
  return (
    <section className={styles.section} aria-label={name}>
      {!isCore && <h3 title={urn}>{name}</h3>}
      <div className={styles.fields}>
        {shown.map((attribute) => (
          <AttributeField
            key={attribute.name}
            attribute={attribute}
            path={pathOf(attribute)}
            form={form}
            value={values[attribute.name]}
            onChange={(value) => onChange(attribute.name, value)}
          />
        ))}
      </div>
      {hidden.length > 0 && (
        <AddAttribute section={name} hidden={hidden} onAdd={(each) => setAdded(new Set([...added, each]))} />
      )}
    </section>
  );
}

type AddAttributeProps = {
  readonly section: string;
  readonly hidden: readonly Attribute[];
  readonly onAdd: (name: string) => void;
};

function AddAttribute({ section, hidden, onAdd }: AddAttributeProps) {
  const [text, setText] = useState("");
  const wanted = text.trim().toLowerCase();
  const found = hidden.filter(({ name }) => name.toLowerCase().includes(wanted)).slice(0, MAX_SUGGESTIONS);
  return (
    <SuggestInput
      size="small"
      aria-label={`Add attribute to ${section}`}
      placeholder={`Add attribute (${hidden.length} more)`}
      value={text}
      onChange={setText}
      suggestions={found.map(({ name, description }) => ({ key: name, text: name, note: description }))}
      picksFirst
      onPick={({ key }) => {
        setText("");
        onAdd(key);
      }}
    />
  );
}
