import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

import loci.common.DebugTools;
import loci.common.services.ServiceFactory;
import loci.formats.ChannelFiller;
import loci.formats.FormatTools;
import loci.formats.IFormatReader;
import loci.formats.ImageReader;
import loci.formats.ome.OMEXMLMetadata;
import loci.formats.services.OMEXMLService;
import org.json.JSONArray;
import org.json.JSONObject;

/**
 * Bio-Formats as a process: reads requests on standard input and answers each on standard output, until its input ends.
 *
 * A frame is its length (4 bytes, big-endian) and that many bytes. A request is JSON with "do": open (path), read
 * (id, series, level, z, c, t, x, y, width, height) or close (id). An answer begins with a byte that says what it is:
 * J JSON; E JSON with "kind" and "message" of what went wrong; P two bytes (1 if the samples of a pixel lie together,
 * 1 if the lowest byte comes first) and then the pixels. Started by sidecar.py, as a source file.
 */
public class Sidecar {
  private static final int ANSWER_JSON = 'J';
  private static final int ANSWER_ERROR = 'E';
  private static final int ANSWER_PIXELS = 'P';

  private final DataOutputStream answers;
  private final Map<Integer, IFormatReader> readers = new HashMap<>();
  private int opened = 0;

  private Sidecar(DataOutputStream answers) {
    this.answers = answers;
  }

  public static void main(String[] arguments) throws Exception {
    DataOutputStream answers =
        new DataOutputStream(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16));
    System.setOut(System.err); // what a reader prints must not be taken for an answer
    DebugTools.setRootLevel("OFF");
    ProxySelector.setDefault(new Nowhere());
    BlockingQueue<byte[]> requests = new LinkedBlockingQueue<>();
    Thread listener = new Thread(() -> listen(requests), "listener");
    listener.setDaemon(true);
    listener.start();
    Sidecar sidecar = new Sidecar(answers);
    while (true) {
      sidecar.answer(requests.take());
    }
  }

  /** Files may name addresses, but no network is to be reached: all goes to a proxy that is not there. */
  private static final class Nowhere extends ProxySelector {
    @Override
    public List<Proxy> select(URI address) {
      return List.of(new Proxy(Proxy.Type.SOCKS, new InetSocketAddress("127.0.0.1", 1)));
    }

    @Override
    public void connectFailed(URI address, SocketAddress proxy, IOException error) {}
  }

  /** Takes requests, and ends this process when nobody can send any more, whatever else it is doing. */
  private static void listen(BlockingQueue<byte[]> requests) {
    try {
      DataInputStream input = new DataInputStream(System.in);
      while (true) {
        byte[] request = new byte[input.readInt()];
        input.readFully(request);
        requests.add(request);
      }
    } catch (EOFException ended) {
      // as it should
    } catch (IOException | RuntimeException | OutOfMemoryError broken) {
      System.err.println(broken);
    }
    empty(new File(System.getProperty("java.io.tmpdir")));
    Runtime.getRuntime().halt(0);
  }

  /** Deletes what libraries unpacked: the folder is this process's own. */
  private static void empty(File folder) {
    File[] found = folder.listFiles();
    for (File one : found == null ? new File[0] : found) {
      empty(one);
    }
    folder.delete();
  }

  private void answer(byte[] request) throws IOException {
    try {
      JSONObject asked = new JSONObject(new String(request, StandardCharsets.UTF_8));
      switch (asked.getString("do")) {
        case "open":
          send(ANSWER_JSON, open(asked.getString("path")));
          break;
        case "read":
          read(asked);
          break;
        case "close":
          readers.remove(asked.getInt("id")).close();
          send(ANSWER_JSON, new JSONObject());
          break;
        default:
          throw new IllegalArgumentException(asked.getString("do"));
      }
    } catch (VirtualMachineError error) { // no memory, or nested too deep: whoever asks ends this process
      readers.clear();
      send(ANSWER_ERROR, described(error).put("fatal", true));
    } catch (Throwable error) {
      send(ANSWER_ERROR, described(error));
    }
  }

  private static JSONObject described(Throwable error) {
    String message = error.getMessage();
    return new JSONObject().put("kind", error.getClass().getSimpleName()).put("message", message == null ? "" : message);
  }

  private JSONObject open(String path) throws Exception {
    OMEXMLService service = new ServiceFactory().getInstance(OMEXMLService.class);
    OMEXMLMetadata metadata = service.createOMEXMLMetadata();
    IFormatReader reader = new ChannelFiller(new ImageReader()); // unfolds palettes
    reader.setFlattenedResolutions(false);
    reader.setMetadataStore(metadata);
    try {
      reader.setId(path);
      JSONObject found = new JSONObject()
          .put("format", reader.getFormat())
          .put("used", new JSONArray(Arrays.asList(reader.getUsedFiles())))
          .put("xml", service.getOMEXML(metadata))
          .put("metadata", texts(reader.getGlobalMetadata()));
      JSONArray series = new JSONArray();
      for (int number = 0; number < reader.getSeriesCount(); number++) {
        reader.setSeries(number);
        series.put(series(reader));
      }
      found.put("series", series).put("id", ++opened);
      readers.put(opened, reader);
      return found;
    } catch (Throwable error) {
      reader.close();
      throw error;
    }
  }

  private static JSONObject series(IFormatReader reader) {
    JSONObject found = new JSONObject()
        .put("type", FormatTools.getPixelTypeString(reader.getPixelType()))
        .put("samples", reader.getRGBChannelCount())
        .put("tile", new JSONArray(new int[] {reader.getOptimalTileHeight(), reader.getOptimalTileWidth()}))
        .put("metadata", texts(reader.getSeriesMetadata()));
    JSONArray levels = new JSONArray(); // each t, c, z, y, x
    for (int level = 0; level < reader.getResolutionCount(); level++) {
      reader.setResolution(level);
      levels.put(new JSONArray(new int[] {
          reader.getSizeT(), reader.getSizeC(), reader.getSizeZ(), reader.getSizeY(), reader.getSizeX()}));
    }
    reader.setResolution(0);
    return found.put("levels", levels);
  }

  private static JSONObject texts(Hashtable<String, Object> pairs) {
    JSONObject found = new JSONObject();
    pairs.forEach((name, value) -> found.put(name, text(value)));
    return found;
  }

  private static String text(Object value) {
    if (value instanceof Object[]) {
      return Arrays.deepToString((Object[]) value);
    }
    return String.valueOf(value);
  }

  private void read(JSONObject asked) throws Exception {
    IFormatReader reader = readers.get(asked.getInt("id"));
    reader.setSeries(asked.getInt("series"));
    reader.setResolution(asked.getInt("level"));
    int plane = reader.getIndex(asked.getInt("z"), asked.getInt("c"), asked.getInt("t"));
    byte[] pixels = reader.openBytes(
        plane, asked.getInt("x"), asked.getInt("y"), asked.getInt("width"), asked.getInt("height"));
    answers.writeInt(pixels.length + 3);
    answers.write(ANSWER_PIXELS);
    answers.write(reader.isInterleaved() ? 1 : 0);
    answers.write(reader.isLittleEndian() ? 1 : 0);
    answers.write(pixels);
    answers.flush();
  }

  private void send(int kind, JSONObject found) throws IOException {
    byte[] text = found.toString().getBytes(StandardCharsets.UTF_8);
    answers.writeInt(text.length + 1);
    answers.write(kind);
    answers.write(text);
    answers.flush();
  }
}
