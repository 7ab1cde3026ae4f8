import { Button, Checkbox, Field, Input, Select } from "@fluentui/react-components";
import { AddRegular } from "@fluentui/react-icons/svg/add";
import { DismissRegular } from "@fluentui/react-icons/svg/dismiss";
import { useEffect, useId, useRef } from "react";
import type { Json, JsonObject } from "../api/types.ts";
import { type Attribute, isEditable, referenceTypesOf } from "./definition.ts";
import styles from "./form.module.css";
import { isObject, unlessEmpty, withMember } from "./form-value.ts";
import { ReferenceField } from "./reference-field.tsx";

/** What all fields of a form share. */
export type FormContext = {
  readonly endpoint: string;
  readonly isNew: boolean;
  /** Path of the attribute that the server rejected, and why. */
  readonly problem: { readonly path: string; readonly text: string } | undefined;
};

type FieldProps = {
  readonly attribute: Attribute;
  /** As the server's messages have it: `name.givenName`. */
  readonly path: string;
  readonly form: FormContext;
  readonly value: Json | undefined;
  readonly onChange: (value: Json | undefined) => void;
};

/** Edits one attribute, as its schema says. */
export function AttributeField(props: FieldProps) {
  const { attribute, path, form, onChange } = props;
  const { name, description, required, mutability, multiValued, subAttributes = [] } = attribute;
  const error = useProblem(form, path, multiValued === true || attribute.type === "complex");
  const isHidden = mutability === "writeOnly" && !form.isNew;
  const types = referenceTypesOf(subAttributes);
  if (multiValued === true || (attribute.type === "complex" && types.length === 0)) {
    return (
      <fieldset className={styles.group} ref={error.ref as never}>
        <legend title={description}>
          {name}
          {required === true && <span className={styles.required}> *</span>}
        </legend>
        {error.text !== undefined && (
          <p role="alert" className={styles.error}>
            {error.text}
          </p>
        )}
        {multiValued === true ? <Values {...props} /> : <Parts {...props} isRow={false} />}
      </fieldset>
    );
  }
  return (
    <div ref={error.ref as never}>
      <Field
        label={{ children: name, title: description }}
        required={required === true}
        {...(isHidden && { hint: "It is never shown. Leave it empty to keep the stored value." })}
        {...(error.text !== undefined && { validationMessage: error.text, validationState: "error" as const })}
      >
        {types.length > 0 ? (
          <ReferenceField endpoint={form.endpoint} label={name} types={types} value={props.value} onChange={onChange} />
        ) : (
          <SimpleField {...props} />
        )}
      </Field>
    </div>
  );
}

/** Where the server's message about an attribute is shown: at the attribute, or at the one that contains it. */
function useProblem({ problem }: FormContext, path: string, hasParts: boolean) {
  const ref = useRef<HTMLElement>(null);
  const isHere = problem !== undefined && (problem.path === path || (hasParts && isWithin(problem.path, path)));
  useEffect(() => {
    if (isHere) ref.current?.scrollIntoView({ block: "center" });
  }, [isHere]);
  return { ref, text: isHere ? problem.text : undefined };
}

export function isWithin(path: string, container: string): boolean {
  return path.startsWith(container) && /^[.[]/.test(path.slice(container.length));
}

/** A single text, number, time or truth value. */
function SimpleField({ attribute, value, onChange, ...rest }: FieldProps) {
  // `Field` passes the label and the message on.
  const { path: _, form: __, ...field } = rest;
  const { type, canonicalValues = [], mutability, required } = attribute;
  const list = useId();
  if (type === "boolean") {
    return (
      <Select
        {...field}
        value={value === undefined || value === null ? "" : String(value)}
        onChange={(_event, data) => onChange(data.value === "" ? undefined : data.value === "true")}
      >
        {required !== true && <option value="">not set</option>}
        <option value="true">true</option>
        <option value="false">false</option>
      </Select>
    );
  }
  if (type === "dateTime") {
    return (
      <Input
        {...field}
        type="datetime-local"
        step={1}
        value={typeof value === "string" ? localTime(value) : ""}
        onChange={(_event, data) => onChange(data.value === "" ? undefined : new Date(data.value).toISOString())}
      />
    );
  }
  const isNumber = type === "integer" || type === "decimal";
  return (
    <>
      <Input
        {...field}
        type={mutability === "writeOnly" ? "password" : isNumber ? "number" : "text"}
        {...(isNumber && { step: type === "integer" ? 1 : "any" })}
        autoComplete={mutability === "writeOnly" ? "new-password" : "off"}
        spellCheck={false}
        {...(canonicalValues.length > 0 && { list })}
        value={typeof value === "string" || typeof value === "number" ? String(value) : ""}
        onChange={(_event, data) => onChange(textValue(data.value, isNumber))}
      />
      {canonicalValues.length > 0 && (
        <datalist id={list}>
          {canonicalValues.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
      )}
    </>
  );
}

function textValue(text: string, isNumber: boolean): Json | undefined {
  if (text === "") return undefined;
  const number = Number(text);
  return isNumber && Number.isFinite(number) ? number : text;
}

/** A time as fields of the browser have it, in the reader's time zone. */
function localTime(iso: string): string {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return "";
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** The sub-attributes of a complex value. */
function Parts({ attribute, path, form, value, onChange, isRow }: FieldProps & { readonly isRow: boolean }) {
  const { subAttributes = [] } = attribute;
  const object = isObject(value) ? value : {};
  const types = referenceTypesOf(subAttributes);
  const shown = subAttributes.filter((each) => {
    if (!isEditable(each, form.isNew || isRow) || each.name === "$ref" || each.name === "primary") return false;
    // Names of values are rare, and those of references follow from what they refer to.
    return !isRow || each.name !== "display" || object["display"] !== undefined;
  });
  const change = (part: Attribute, next: Json | undefined) =>
    onChange(unlessEmpty(withMember(object, part.name, next)));
  return (
    <div className={styles.parts}>
      {shown.map((part) =>
        part.name === "value" && types.length > 0 ? (
          <Field key="value" label="value">
            <ReferenceField endpoint={form.endpoint} label="value" {...{ types, value, onChange }} />
          </Field>
        ) : (
          <AttributeField
            key={part.name}
            attribute={part}
            path={`${path}.${part.name}`}
            form={form}
            value={object[part.name]}
            onChange={(next) => change(part, next)}
          />
        ),
      )}
    </div>
  );
}

/** Several values, one below the other. */
function Values({ attribute, path, form, value, onChange }: FieldProps) {
  const { name, type, subAttributes = [] } = attribute;
  const values: readonly Json[] = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  const isComplex = type === "complex";
  const hasPrimary = subAttributes.some((each) => each.name === "primary");
  const { multiValued: _, required: __, ...single } = attribute;
  const replace = (index: number, next: Json | undefined) => {
    const isPrimary = isObject(next) && next["primary"] === true;
    const others = isPrimary
      ? values.map((each) => (isObject(each) ? withMember(each, "primary", undefined) : each))
      : values;
    onChange(others.with(index, next ?? (isComplex ? {} : "")));
  };
  const remove = (index: number) => {
    const left = values.toSpliced(index, 1);
    onChange(left.length === 0 ? undefined : left);
  };
  const kinds = subAttributes.find((each) => each.name === "type")?.canonicalValues ?? [];
  const added = (): Json => {
    if (!isComplex) return "";
    const taken = values.map((each) => (isObject(each) ? each["type"] : undefined));
    const kind = kinds.find((each) => !taken.includes(each));
    return kind === undefined ? {} : { type: kind };
  };
  return (
    <>
      {values.map((each, index) => (
        <div key={index} className={styles.value} role="group" aria-label={`${name} ${index + 1}`}>
          {isComplex ? (
            <Parts
              attribute={single}
              {...{ path, form }}
              value={each}
              onChange={(next) => replace(index, next)}
              isRow
            />
          ) : (
            <SimpleField
              attribute={single}
              {...{ path, form }}
              value={each}
              onChange={(next) => replace(index, next)}
            />
          )}
          {hasPrimary && (
            <Checkbox
              label="primary"
              checked={isObject(each) && each["primary"] === true}
              onChange={(_event, { checked }) =>
                replace(index, withMember(each as JsonObject, "primary", checked === true ? true : undefined))
              }
            />
          )}
          <Button
            appearance="subtle"
            icon={<DismissRegular />}
            aria-label={`Remove ${name} ${index + 1}`}
            onClick={() => remove(index)}
          />
        </div>
      ))}
      <Button
        className={styles.add}
        size="small"
        icon={<AddRegular />}
        aria-label={`Add a value to ${name}`}
        onClick={() => onChange([...values, added()])}
      >
        Add
      </Button>
    </>
  );
}
