/** Where the fields of a descriptor stand, counted from its address, and what they hold. */
export type DescriptorFields = Readonly<Record<string, readonly [offset: number, type: FieldType]>>;

type FieldType = "usize" | "i32" | "f32";

/** Bytes of a field. */
const FIELD = 4;

/** A value for each field. */
export type DescriptorValues<Fields extends DescriptorFields> = {
  readonly [Name in keyof Fields]: number;
};

/** Bytes that a descriptor takes. */
export function descriptorBytes(fields: DescriptorFields): number {
  return FIELD * Object.keys(fields).length;
}

/**
 * Writes a descriptor; of `values`, what is no field of it is left out.
 * @throws RangeError if a field has no number, or one with a fraction where whole ones stand
 */
export function writeDescriptor<Fields extends DescriptorFields>(
  memory: WebAssembly.Memory,
  at: number,
  fields: Fields,
  values: DescriptorValues<Fields>,
): void {
  const view = new DataView(memory.buffer, at, descriptorBytes(fields));
  for (const [name, [offset, type]] of Object.entries(fields)) {
    const value: number | undefined = values[name];
    if (type === "f32" && typeof value === "number") view.setFloat32(offset, value, true);
    else if (Number.isInteger(value)) view.setInt32(offset, value!, true);
    else throw new RangeError(`${name} of a descriptor must be a whole number, got ${value}`);
  }
}
