// needs: tell
// Tells the server of a class what a student has drawn, for the teacher's wall.
class Telling {
  // `picture()`: the bytes (28, 28) as they are drawn, or null.
  constructor(picture) {
    Object.assign(this, { picture, told: "", address: null });
  }

  // The pen is up: unless it comes down again, the drawing is to stay.
  soon() {
    clearTimeout(this.timer);
    if (this.address) this.timer = setTimeout(() => this.tell(), Telling.REST);
  }

  async tell() {
    const image = this.picture();
    const drawing = image && Array.from(image, (byte) => byte.toString(16).padStart(2, "0")).join("");
    if (!drawing || drawing === this.told) return;
    if (await tellServer(this.address, { drawing })) this.told = drawing;
  }

  end() {
    clearTimeout(this.timer);
  }
}
Telling.REST = 500; // ms after the pen was lifted
