import sharp from "sharp";
import type { Scene } from "./scene.ts";

/** A scene as an image file: with alpha always PNG, otherwise as asked. */
export async function encodeScene(scene: Scene, format: "jpg" | "png"): Promise<Uint8Array> {
  const { width, height, channels } = scene;
  const image = sharp(scene.data, { raw: { width, height, channels } });
  const encoded = format === "png" || channels === 4
    ? image.png({ compressionLevel: 3 })
    : image.jpeg({ quality: 88, chromaSubsampling: width % 2 ? "4:4:4" : "4:2:0" });
  const file = channels === 1 ? encoded.toColourspace("b-w") : encoded;
  return await file.toBuffer();
}
